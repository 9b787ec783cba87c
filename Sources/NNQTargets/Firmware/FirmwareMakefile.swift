// SPDX-License-Identifier: Apache-2.0
// The Makefile of a firmware project.

struct FirmwareMakefile {
    let text: String

    init(_ model: CompiledModel, _ board: Board) {
        let sources = ["main.c", "\(model.name).c"] + board.sources.map { "board/\($0)" }
        let link = board.linkFlags(folder: "board").dropFirst(board.flags.count).joined(separator: " ")
        let size = board.compiler.name.replacingOccurrences(of: "gcc", with: "size")
        text = """
            # \(model.name) on \(board.machine), \(board.core.rawValue).
            #   make        builds build/firmware.elf
            #   make run    runs it in QEMU
            #   make size   bytes of flash and RAM

            CC := \(board.compiler.name)
            SIZE := \(size)
            QEMU := \(board.emulator.name)
            CORE := \(board.flags.joined(separator: " "))
            CFLAGS := -O2

            SOURCES := \(sources.joined(separator: " "))
            OBJECTS := $(SOURCES:%.c=build/%.o)
            WARNINGS := -std=c99 -Wall -Wextra -Wconversion -Wshadow
            # Functions that nothing calls are left out.
            SECTIONS := -ffreestanding -ffunction-sections -fdata-sections

            .PHONY: all run size clean

            all: build/firmware.elf

            build/firmware.elf: $(OBJECTS) $(wildcard board/*.ld)
            \t$(CC) $(CORE) \(link) $(OBJECTS) -lgcc -o $@

            build/%.o: %.c $(wildcard *.h board/*.h)
            \t@mkdir -p $(@D)
            \t$(CC) $(CORE) $(CFLAGS) $(WARNINGS) $(SECTIONS) -Iboard/libc -c $< -o $@

            run: build/firmware.elf
            \t@$(QEMU) \(board.emulatorFlags.joined(separator: " ")) -kernel $< < /dev/null 2>&1

            size: build/firmware.elf
            \t@$(SIZE) $<

            clean:
            \trm -rf build

            """
    }
}
