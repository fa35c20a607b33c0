"""Errors that say whose fault it is, on what evidence, and what to do."""


class JackfieldError(Exception):
    """Base of every error that Jackfield raises on purpose.

    `cause` is one sentence, `evidence` the numbers behind it, `remedy` what the reader can do; `str()` joins them in
    one line. `exit_code` is what the command line returns.

    >>> str(JackfieldError("window too long", "2048 > 811 samples", "choose a smaller n_fft"))
    'window too long: 2048 > 811 samples; choose a smaller n_fft'
    """

    exit_code = 2

    def __init__(self, cause: str, evidence: str = "", remedy: str = "") -> None:
        super().__init__(cause, evidence, remedy)
        self.cause, self.evidence, self.remedy = cause, evidence, remedy

    def __str__(self) -> str:
        head = f"{self.cause}: {self.evidence}" if self.evidence else self.cause
        return f"{head}; {self.remedy}" if self.remedy else head


class ConfigError(JackfieldError):
    """The user's: a run config, a parameter or a command line that cannot be carried out."""


class DataError(JackfieldError):
    """The data's: an input that cannot be used (broken file, empty signal, wrong shape)."""


class PluginError(JackfieldError):
    """The plugin's or its installation's: missing, broken, or not keeping to what it declares."""

    exit_code = 3


class ComponentError(JackfieldError):
    """A component failed on one input; names the step, the distribution and the clip."""


class WorkerLost(JackfieldError):
    """A worker process died while it computed one item."""


class OutputError(JackfieldError):
    """A result could not be written."""

    exit_code = 74


class DamagedResult(OutputError):
    """A stored result is not whole; a run removes and recomputes it."""


def did_you_mean(word: str, known: "list[str] | tuple[str, ...]") -> str:
    """The closest known word as a remedy, or the known words.

    >>> did_you_mean("nfft", ["n_fft", "hop"])
    'did you mean "n_fft"?'
    """
    import difflib

    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f'did you mean "{close[0]}"?'
    return "known: " + ", ".join(sorted(known)) if known else "none is known"
