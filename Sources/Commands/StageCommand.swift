package import ArgumentParser
package import Records

/// The command line of a stage: `qid <stage> …`, and the same as an executable of its own, `qid-<stage> …`.
package protocol StageCommand: ParsableCommand {
    static var stage: Stage { get }
    static var abstract: String { get }
    static var discussion: String { get }
}

extension StageCommand {
    package static var discussion: String { "" }

    package static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: stage.rawValue, abstract: abstract, discussion: discussion)
    }
}

/// A stage as a program by itself.
package struct Standalone<Wrapped: StageCommand>: ParsableCommand {
    package static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Wrapped.stage.command, abstract: Wrapped.abstract, discussion: Wrapped.discussion,
            version: "\(Wrapped.stage.command) \(programVersion)")
    }

    @OptionGroup var command: Wrapped

    package init() {}

    package mutating func run() throws { try command.run() }
}
