"""A compiler as one user has it: whatever asks it takes that user's turns."""

from collections.abc import Sequence
from dataclasses import dataclass

from vibes_trio.compilers.bundles import Bundle, Material
from vibes_trio.compilers.interface import Compiled, Compiler, Source


@dataclass(frozen=True, slots=True)
class CompilerForUser:
    """*compiler* for *user*; see `Compiler`."""

    compiler: Compiler
    user: str

    @property
    def version(self) -> str:
        """See `Compiler.version`."""
        return self.compiler.version

    @property
    def can_bundle(self) -> bool:
        """See `Compiler.can_bundle`."""
        return self.compiler.can_bundle

    async def bundle(
        self, entries: Sequence[tuple[str, str]], flags: Sequence[str], material: Material, user: str = ""
    ) -> Bundle:
        """See `Compiler.bundle`."""
        return await self.compiler.bundle(entries, flags, material, user or self.user)

    async def compile(self, source: Source, user: str = "") -> Compiled:
        """See `Compiler.compile`."""
        return await self.compiler.compile(source, user or self.user)
