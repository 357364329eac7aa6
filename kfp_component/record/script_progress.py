"""How far a training script says it is."""

import re

# "episode 40/100", "Epoch: 3 of 10", "iteration=[7/200]".
_STEP = re.compile(
    r"\b(episode|epoch|generation|iteration|iter|step|timestep|update)s?\b\W{0,3}(\d+)"
    r"\s*(?:/|of)\s*(\d+)",
    re.IGNORECASE,
)
_LONGEST_LINE = 500


class ScriptProgress:
    """The script's own count of its steps, once a line of its log has told one.

    A script may count within a count (steps of an epoch): the word that was seen first counts.

    Attributes:
        text: For instance `episode 40 of 100`; '' until it is known.
        share: What part is done, from 0 to 1; None until it is known.

    Example:
        >>> progress = ScriptProgress()
        >>> progress.take("episode 40/100: reward 12")
        >>> progress.text, progress.share
        ('episode 40 of 100', 0.4)
    """

    def __init__(self) -> None:
        self._word = ""
        self.text = ""
        self.share: float | None = None

    def take(self, line: str) -> None:
        """Look for a count in a log line."""
        found = _STEP.search(line[:_LONGEST_LINE])
        if found is None:
            return
        word, done, total = found[1].lower(), int(found[2]), int(found[3])
        if self._word in ("", word) and 0 < total >= done:
            self._word = word
            self.text, self.share = f"{word} {done} of {total}", done / total
