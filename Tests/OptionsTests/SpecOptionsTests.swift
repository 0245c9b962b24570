import ArgumentParser
import Compression
import Options
import Testing

struct SpecOptionsTests {
    @Test func everyKeyHasAnOption() throws {
        #expect(try SpecOptions.parse([]).values.map(\.key) == SpecKey.all)
    }

    @Test func optionsSpellSpecs() throws {
        let options = try SpecOptions.parse(["--bits", "4", "--group", "16", "--asymmetric", "--scale-search"])
        #expect(try Spec(options: options.members).name == "rtn-asym-w4-g16-search")
        let awq = try SpecOptions.parse(["--method", "awq", "--bits", "3", "--no-clip", "--scales", "float32"])
        #expect(try Spec(options: awq.members).name == "awq-sym-w3-channel-noclip-float32")
    }
}
