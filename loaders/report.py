"""What a load did, for a person and for a machine."""

from dataclasses import asdict, dataclass, field

from loaders.contract import Contract
from loaders.ledger import CHANGED, LOADED, REJECTED, Batch, Fate


@dataclass
class DatasetReport:
    """One dataset of a load. Counts are of files and rows; `seconds` is wall time."""

    dataset: str
    table: str
    files_seen: int = 0
    files_planned: int = 0
    files_done: int = 0
    files_new: int = 0
    files_replaced: int = 0
    files_rejected: int = 0
    files_missing: int = 0
    rows_read: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    bytes: int = 0
    seconds: float = 0.0
    batches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str = ""

    @classmethod
    def of(cls, contract: Contract) -> "DatasetReport":
        """The report of a dataset before anything is done."""
        return cls(contract.dataset, f"{contract.schema}.{contract.identifier}")

    def note(self, *notes: str) -> None:
        """Add notes that it does not have."""
        self.notes += [note for note in dict.fromkeys(notes) if note not in self.notes]

    def add(self, batch: Batch) -> None:
        """Add a closed batch."""
        self.batches.append(batch.load_id)
        for fate in batch.fates:
            self._add(fate)

    def _add(self, fate: Fate) -> None:
        if fate.state == LOADED:
            self.files_done += 1
            self.files_replaced += fate.replaces
            self.files_new += not fate.replaces
            self.rows_read += fate.rows_read or 0
            self.rows_landed += fate.rows_landed
            self.rows_rejected += fate.rows_rejected
            self.bytes += fate.size
        elif fate.state == REJECTED:
            self.files_done += 1
            self.files_rejected += 1
            self.note(f"{fate.source_file} was rejected: {fate.reason}")
        elif fate.state == CHANGED:
            self.note(f"{fate.source_file} was changed or removed while it was loaded")

    @property
    def clean(self) -> bool:
        """Whether every row and file fitted its contract."""
        return not (self.files_rejected or self.rows_rejected)

    @property
    def rows_per_second(self) -> float:
        """Rows read in a second of wall time."""
        return round(self.rows_read / self.seconds, 1) if self.seconds else 0.0

    @property
    def sentence(self) -> str:
        """One line for a person."""
        if self.error:
            return f"{self.dataset}: failed: {self.error}"
        if not self.batches:
            known = (
                f"nothing new ({self.files_seen} files known)"
                if self.files_seen
                else "no files in landing"
            )
            return f"{self.dataset}: {known}"
        parts = [f"{self.rows_landed:,} rows from {self.files_new + self.files_replaced} files"]
        if self.files_replaced:
            parts.append(f"{self.files_replaced} of them replaced")
        if self.rows_rejected:
            parts.append(f"{self.rows_rejected:,} rows in the quarantine")
        if self.files_rejected:
            parts.append(f"{self.files_rejected} files rejected")
        size = f"{self.bytes / 1e6:,.1f} MB, "
        return (
            f"{self.dataset}: {', '.join(parts)} into {self.table} "
            f"({size}{self.seconds:.1f} s, {self.rows_per_second:,.0f} rows/s)"
        )

    def as_dict(self) -> dict:
        """The same for a machine."""
        return {**asdict(self), "rows_per_second": self.rows_per_second}
