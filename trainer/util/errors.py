"""The one exception that is meant for the person at the keyboard."""


class UserError(Exception):
    """Bad input, told in one sentence: what, where, what was found, what to do.

    The command line prints it and exits with 2; the page shows it as a message. Anything else that is raised is a
    defect of ours and keeps its traceback.
    """
