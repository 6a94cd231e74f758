"""The chain-of-trust message: FSP checks GSP's first code (the FMC) and starts it with its arguments.

Facts: OGKM:src/nvidia/arch/nvalloc/common/inc/fsp/fsp_nvdm_format.h (NVDM_PAYLOAD_COT), kern_fsp_gh100.c.
"""

from __future__ import annotations

from dataclasses import dataclass

from barewire.abi.layout import Abi
from barewire.chip.boot import BootFacts
from barewire.errors import BadFirmware, BootError
from barewire.fsp import mctp
from barewire.fsp.channel import RECEIVE_TIMEOUT_S, SEND_TIMEOUT_S, FspChannel

PAYLOAD = "NVDM_PAYLOAD_COT"
# Bytes that each part of the evidence may have: exactly so many, or up to so many.
HASH_BYTES = 48
KEY_BYTES = 384
SIGNATURE_BYTES = 384


@dataclass(frozen=True)
class Evidence:
    """What vouches for the FMC, from its file.

    Attributes:
        hash384: SHA-384 of the image, 48 bytes.
        public_key: of the signer, up to 384 bytes.
        signature: of the image, up to 384 bytes.
    """

    hash384: bytes
    public_key: bytes
    signature: bytes


def payload(abi: Abi, facts: BootFacts, evidence: Evidence, *, fmc_iova: int, arguments_iova: int) -> bytes:
    """The message's payload.

    Args:
        abi: of the firmware.
        facts: of the chip.
        evidence: for the FMC.
        fmc_iova: where FSP finds the FMC's image.
        arguments_iova: where the FMC finds its arguments (GSP_FMC_BOOT_PARAMS).

    Raises:
        BadFirmware: a part of the evidence does not fit its place.
    """
    _check_sizes(evidence)
    message = abi.new(
        PAYLOAD,
        version=facts.fsp.message_version,
        gspFmcSysmemOffset=fmc_iova,
        frtsVidmemOffset=facts.fsp.frts_from_end_bytes,
        frtsVidmemSize=facts.frts_bytes,
        gspBootArgsSysmemOffset=arguments_iova,
    )
    message["size"] = len(message.data)
    for field, part in (
        ("hash384", evidence.hash384),
        ("publicKey", evidence.public_key),
        ("signature", evidence.signature),
    ):
        offset, _, _ = message.layout.place(field, None)
        memoryview(message.data)[offset : offset + len(part)] = part
    return bytes(message.data)


def _check_sizes(evidence: Evidence) -> None:
    sizes = (
        ("hash", evidence.hash384, HASH_BYTES, HASH_BYTES),
        ("publickey", evidence.public_key, 1, KEY_BYTES),
        ("signature", evidence.signature, 1, SIGNATURE_BYTES),
    )
    for name, part, least, most in sizes:
        if not least <= len(part) <= most:
            raise BadFirmware(
                f"the FMC's {name} does not fit into the chain-of-trust message",
                structure=name,
                size_bytes=len(part),
                expected=f"{least} to {most} bytes",
            )


def start_fmc(
    channel: FspChannel,
    chain_of_trust: bytes,
    *,
    send_timeout_s: float = SEND_TIMEOUT_S,
    receive_timeout_s: float = RECEIVE_TIMEOUT_S,
) -> None:
    """Send the message and take FSP's answer.

    Raises:
        PollTimeout: FSP did not take it, or did not answer.
        BootError: FSP refused; `value` is its code.
    """
    channel.send(mctp.message(mctp.NVDM_CHAIN_OF_TRUST, chain_of_trust), send_timeout_s)
    response = mctp.parse_response(channel.receive(receive_timeout_s))
    if response.command != mctp.NVDM_CHAIN_OF_TRUST:
        raise BootError(
            "FSP answered another command than the chain of trust",
            value=response.command,
            expected=f"{mctp.NVDM_CHAIN_OF_TRUST:#x}",
        )
    if response.error:
        raise BootError(
            "FSP refused to start GSP's first code",
            hint="The firmware files do not fit this chip or each other, or FSP has started GSP already "
            "since the last reset.",
            value=response.error,
            task=response.task,
            expected="0",
        )
