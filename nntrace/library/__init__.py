"""nntrace for a program or a notebook: a network, the questions that it is asked, and their worked solutions.

The command line puts the same questions, with what stands in ``words`` and ``question``.
"""
