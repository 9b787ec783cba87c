// SPDX-License-Identifier: Apache-2.0
// The README of a firmware project.

struct FirmwareReadme {
    let text: String

    init(_ model: CompiledModel, _ board: Board, printed: [String]) {
        let name = model.name
        text = """
            # \(name) on \(board.machine)

            A firmware for \(board.core.rawValue) that runs the int8 model `\(name)`: nothing but C, no library, no allocation.
            \(model.constantBytes) bytes of the model's constants are in flash, and its arena takes \(model.arenaBytes) bytes of RAM.

            On Debian or Ubuntu, `apt-get install make \(board.compiler.package) \(board.emulator.package)` installs what this needs.

            ```sh
            make
            make size
            make run
            ```

            `make run` starts the firmware in QEMU. It tests the model, then runs it on each input in `inputs.bin` (raw bytes, one
            input after another, as `\(name).h` describes them), and prints

            ```text
            \(printed.joined(separator: "\n"))
            ```

            | file | what |
            |---|---|
            | `\(name).c`, `\(name).h` | the model: made by `nnq compile`, to be made again rather than edited |
            | `main.c` | what is yours: where inputs come from and outputs go |
            | `board` | from reset to main, the console, the linker script |

            **On your own board**: replace `board/\(board.linkerScript)` by its memories, `board/\(board.startup)` by its startup, and the console
            in `board/board.c` by its serial port. `\(name).c` needs nothing of them but memcpy, memmove and memset.

            """
    }
}
