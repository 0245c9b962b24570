import FoundationEssentials
package import JSON

extension WorkspaceStatus {
    /// For programs: {"workspace", "holdings", "bad_sources", "leftovers", "runs": [{…, "activity"}]}.
    package var json: JSONValue {
        [
            "workspace": .string(root.path),
            "holdings": .object(
                JSONObject(
                    holdings.map {
                        .init(key: $0.name, value: ["count": .integer($0.count), "bytes": .integer($0.byteCount)])
                    })),
            "bad_sources": .integer(badSources), "leftovers": .integer(leftovers), "runs": .array(runs.map(\.json)),
        ]
    }
}

extension WorkspaceStatus.Run {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "cells": .integer(cells), "evaluated": .integer(evaluated),
            "refused": .integer(refused), "left": .integer(left), "reported": .bool(isReported),
            "activity": activity?.json(left: left) ?? .null,
        ]
    }
}

extension RunActivity {
    fileprivate func json(left: Int) -> JSONValue {
        [
            "begun": .string(begun), "ended": .string(orNull: ended), "status": .integer(orNull: status),
            "stages": .array(stages.map { ["stage": .string($0.name), "seconds": .number($0.seconds)] }),
            "evaluated": .integer(evaluated), "evaluation_seconds": .number(evaluationSeconds),
            "seconds_left": .number(orNull: secondsLeft(for: left)), "peak_memory_bytes": .integer(peakMemoryBytes),
            "failures": .array(
                failures.map {
                    ["stage": .string($0.stage), "cell": .string(orNull: $0.cell), "reason": .string($0.reason)]
                }),
        ]
    }
}
