"""A conformance kit for components: eleven rules that every component of every plugin keeps.

In a plugin's own tests:

    from jackfield.testing import check_component

    def test_conforms():
        check_component("delay")
"""

from ._kit import RULES, NotConforming, Verdict, check_component, check_plugins

__all__ = ["RULES", "NotConforming", "Verdict", "check_component", "check_plugins"]
