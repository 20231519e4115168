"""Flash, memory, stack and instructions of a printed network on an emulated Cortex-M.

Compiled by ``arm-none-eabi-gcc`` and run by ``qemu-system-arm`` (Debian: gcc-arm-none-eabi, libnewlib-arm-none-eabi,
qemu-system-arm), which gives one nanosecond of virtual time to each instruction; the board's SysTick counts at 25 MHz,
so a tick is 40 instructions and every run gives the same number. Instructions are no cycles: waits for flash, loads and
the latency of the floating point unit are not modelled::

    found = measure(emit(plan, "gait"), "gait", plan, CORES["m4f"])
    print(found.layers, found.statistics, found.flash, found.memory, found.stack)

Code for a Cortex-M0+ runs on the same board, whose instructions include its own.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from luciole.devices.plan import Plan
from luciole.errors import LucioleError

TICK = 40  # instructions
COMPILER, SIZER, EMULATOR = "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm"
OPTIONS = ("-std=c99", "-ffp-contract=fast", "-fno-math-errno", "-ffunction-sections", "-fdata-sections")
OPTIMISED = "-O2"  # of gcc 12 on these kernels: within 2 % of -O3's instructions in two thirds of its flash


@dataclass(frozen=True)
class Core:
    """A processor that is compiled for."""

    says: str
    flags: tuple[str, ...]


CORES = {
    "m4f": Core("Cortex-M4F", ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")),
    "m0+": Core("Cortex-M0+, no floating point unit", ("-mcpu=cortex-m0plus", "-mthumb", "-mfloat-abi=soft")),
}


@dataclass(frozen=True)
class Measured:
    """What a network takes on a core."""

    flash: int  # bytes: code, weights and the library's functions that it uses
    memory: int  # bytes: static
    stack: int  # bytes: the most that one answer needs
    layers: int  # instructions: convolutions, pooling, dense layers
    statistics: int  # instructions: of the window, to the numbers that a dense layer reads
    sample: int  # instructions: taking one sample in
    confidence: int  # instructions: softmax of the scores
    scores: NDArray[np.float32]  # of the window given

    @property
    def instructions(self) -> int:
        """Of one answer, without the samples of its hop."""
        return self.layers + self.statistics


LINKED = """MEMORY
{
  FLASH (rx) : ORIGIN = 0x00000000, LENGTH = 4M
  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 4M
}
stack_top = ORIGIN(RAM) + LENGTH(RAM);
SECTIONS
{
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) } > FLASH
  .ARM.exidx : { *(.ARM.exidx*) } > FLASH
  .window : { *(.window) } > FLASH
  .data : { data_first = .; *(.data*) . = ALIGN(4); data_last = .; } > RAM AT> FLASH
  data_held = LOADADDR(.data);
  .bss : { bss_first = .; *(.bss*) *(COMMON) . = ALIGN(4); bss_last = .; end = .; } > RAM
}
"""
BENCH = """#include <stdint.h>
extern uint32_t stack_top, data_first, data_last, data_held, bss_first, bss_last;
static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010; /* control, reload, value */

static void call_host(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

static void tell(uint32_t value)
{
    char text[12], *digit = text + 10;
    text[10] = '\\n';
    text[11] = 0;
    do
        *--digit = (char)('0' + value % 10);
    while (value /= 10);
    call_host(4, digit);
}

static uint32_t now(void)
{
    return systick[2];
}

#define FENCE __asm__ volatile("" ::: "memory")
#define COUNTED(WORK) do { \\
    const uint32_t before = now(); \\
    FENCE; WORK; FENCE; \\
    tell((before - now()) & 0xFFFFFF); } while (0)
#define PAINT 0xA5A5A5A5u
enum { DEEP = 4096 }; /* words of the stack that are looked at */

static void run(void);

void reset(void)
{
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; /* the floating point unit is allowed */
    __asm__ volatile("dsb\\nisb");
#endif
    const uint32_t *held = &data_held;
    for (uint32_t *to = &data_first; to < &data_last;)
        *to++ = *held++;
    for (uint32_t *to = &bss_first; to < &bss_last;)
        *to++ = 0;
    systick[1] = 0xFFFFFF;
    systick[2] = 0;
    systick[0] = 5;
    while (!now()) {}
    run();
    static const uint32_t stopped = 0x20026;
    call_host(0x18, (const void *)(uintptr_t)stopped);
    for (;;) {}
}

__attribute__((section(".vectors"), used))
static void (*const vector_table[])(void) = {(void (*)(void))&stack_top, reset};

static volatile uint32_t *paint(void)
{
    volatile uint32_t *top = (volatile uint32_t *)__builtin_frame_address(0) - 16;
    for (int i = 0; i < DEEP; i++)
        top[-i] = PAINT;
    return top;
}

static uint32_t painted(volatile uint32_t *top)
{
    int deepest = DEEP - 1;
    while (deepest > 0 && top[-deepest] == PAINT)
        deepest--;
    return 4u * (uint32_t)deepest;
}
"""
RUN = """
static void run(void)
{{
    static const float given[{size}] __attribute__((section(".window"))) = {{{values}}};
    static volatile float sink;
    float told[{classes}];
    volatile uint32_t *top = paint();
    {name}_window(given, told);
    tell(painted(top));
    COUNTED(layers());
    COUNTED(describe());
    {name}_reset();
    COUNTED(sink = (float){name}_step(given));
    COUNTED(sink = {name}_confidence());
    for (int i = 0; i < {classes}; i++) {{
        uint32_t bits;
        memcpy(&bits, told + i, 4);
        tell(bits);
    }}
}}
"""
EMPTY = """
static void run(void)
{
    volatile uint32_t *top = paint();
    tell(painted(top));
    COUNTED((void)0);
}
"""


def missing() -> str:
    """Which of the programs that are needed is not installed, with what to install; "" where all are."""
    absent = [name for name in (COMPILER, EMULATOR) if not shutil.which(name)]
    if not absent:
        return ""
    return f"{' and '.join(absent)}; Debian: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"


def measure(
    texts: dict[str, str],
    name: str,
    plan: Plan,
    core: Core,
    window: NDArray | None = None,
    optimised: str = OPTIMISED,
) -> Measured:
    """Compile the files printed for ``plan`` and run them on one window (length, channels), zeros for None.

    Raises LucioleError where the compiler or the emulator is absent, or refuses.
    """
    if absent := missing():
        raise LucioleError(f"expected a compiler and an emulator for Cortex-M, got no {absent}")
    given = np.zeros((plan.length, plan.channels)) if window is None else np.asarray(window)
    classes = len(plan.labels)
    values = ", ".join(f"{value:.9g}f" if "." in f"{value:.9g}" else f"{value:.9e}f" for value in given.ravel())
    run = RUN.format(size=given.size, values=values, name=name, classes=classes)
    with TemporaryDirectory() as place:
        folder = Path(place)
        for file, text in texts.items():
            (folder / file).write_text(text)
        whole = _linked(folder, f'#include "{name}.c"\n{BENCH}{run}', core, optimised)
        empty = _linked(folder, BENCH + EMPTY, core, optimised)
        told = [int(line) for line in _emulated(whole).split()]
        flash, memory = (a - b for a, b in zip(_sizes(whole), _sizes(empty), strict=True))
    if len(told) != 5 + classes:
        raise LucioleError(f"expected {5 + classes} numbers from the emulated board, got {len(told)}: it stopped early")
    stack, *ticks = told[:5]
    scores = np.array(told[5:], np.uint32).view(np.float32)
    layers, statistics, sample, confidence = (TICK * tick for tick in ticks)
    return Measured(flash, memory, stack, layers, statistics, sample, confidence, scores)


def _ran(command: list[str], seconds: float) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise LucioleError(f"expected {command[0]} to end within {seconds:g} s, it did not") from None
    if done.returncode:
        line = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[:200])
        raise LucioleError(f"expected {command[0]} to succeed, it said: {line}")
    return done.stdout + done.stderr


def _linked(folder: Path, text: str, core: Core, optimised: str) -> Path:
    source, script, program = folder / "bench.c", folder / "bench.ld", folder / f"{abs(hash(text))}.elf"
    source.write_text(text)
    script.write_text(LINKED)
    linked = [
        "--specs=nano.specs",
        "-nostartfiles",
        "-Wl,--gc-sections",
        "-T",
        str(script),
        "-o",
        str(program),
        str(source),
        "-lm",
    ]
    _ran([COMPILER, *core.flags, optimised, *OPTIONS, f"-I{folder}", *linked], seconds=120)
    return program


def _sizes(program: Path) -> tuple[int, int]:
    """Bytes of flash and of static memory, the window that is fed left out."""
    flash = memory = 0
    for line in _ran([SIZER, "-A", str(program)], seconds=20).splitlines():
        name, size, *_ = [*line.split(), "", ""]
        if name in (".text", ".ARM.exidx", ".data"):
            flash += int(size)
        if name in (".data", ".bss"):
            memory += int(size)
    return flash, memory


def _emulated(program: Path) -> str:
    board = ["-machine", "mps2-an386", "-cpu", "cortex-m4", "-nographic", "-monitor", "none", "-serial", "none"]
    counted = ["-icount", "shift=0", "-semihosting-config", "enable=on,target=native", "-kernel", str(program)]
    return _ran([EMULATOR, *board, *counted], seconds=60)
