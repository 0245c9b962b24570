import Foundation
import System
import TestSupport
import Testing

/// A run that ends at each of its changes to the disk in turn, then runs again.
@Suite(.serialized) struct KillTests {
    @Test(arguments: [false, true]) func whereverARunEndsTheNextOneGoesOn(tears: Bool) throws {
        try withScratchDirectory { directory in
            let (shim, tiny) = (try FaultShim.shared.get(), try TinyRun(in: directory))
            let fault = tears ? FaultShim.Fault.tear : .kill
            let counting = try shim.environment(fault, at: 0, below: tiny.workspace)
            try #require(try tiny.run(environment: counting).status == 0)
            let count = try shim.calls(counting)
            #expect(count > 300, "\(count) calls are not all that a run does to the disk")
            var tried = 0
            for call in chosen(of: count, atMost: 16) {
                try tiny.clear()
                let interrupted = try tiny.run(
                    environment: shim.environment(fault, at: call + 1, below: tiny.workspace))
                #expect(interrupted.status != 0, "call \(call + 1): \(interrupted.errors)")
                let again = try tiny.run()
                #expect(again.status == 0, "call \(call + 1): \(again.errors)")
                let found = try WorkspaceSnapshot(tiny.workspace)
                #expect(found == tiny.reference, "call \(call + 1): \(found.differences(from: tiny.reference))")
                #expect(try tiny.gc().status == 0)
                #expect(try names(in: tiny.workspace.appending(path: "tmp")).isEmpty)
                tried += 1
            }
            print(
                "\(tried) of \(count) \(tears ? "torn writes and ends" : "ends"): the next run left what an undisturbed one does"
            )
        }
    }
}
