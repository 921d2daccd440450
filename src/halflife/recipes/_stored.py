"""What an optimizer loses that keeps its moments in few bits: its law is that of the same in full precision."""

from halflife.recipes._grade import Grade, Loss


def _rounded(bits: int, adam: str, lion: str = "") -> Loss:
    signs = f", of Lion's {lion}" if lion else ""
    return Loss(
        grade=Grade.FIRST_ORDER,
        note=f"the moments are kept in {bits} bits there, the law being the same: the next term is their rounding, "
        f"about {adam} of AdamW's way{signs} (measured over 50 steps of random gradients; tensors under 4,096 weights "
        "are kept in full)",
    )


IN_8_BITS = _rounded(8, "2 %", "6 %")
"""Blockwise dynamic quantization (Dettmers et al. 2022), as bitsandbytes 0.50 and torchao 0.18 have it."""

IN_4_BITS = _rounded(4, "22 %")
"""As torchao 0.18 has it."""
