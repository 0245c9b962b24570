import Presentation
import Testing

@Suite struct TextTableTests {
    private static let table = TextTable(["name", "n"], text: [0], rows: [["a, \"b\"", "12"], ["c", ""]])

    @Test func textStandsLeftAndNumbersRightWithNothingBlankBehind() {
        #expect(Self.table.aligned() == "name     n\na, \"b\"  12\nc\n")
        #expect(Self.table.aligned(isRuled: true).hasPrefix("name     n\n------  --\n"))
        #expect(TextTable(["a"], text: [], rows: []).aligned() == "a\n")
    }

    @Test func otherProgramsReadIt() {
        #expect(Self.table.markdown == "| name | n |\n|---|---:|\n| a, \"b\" | 12 |\n| c |  |\n")
        #expect(Self.table.csv == "name,n\n\"a, \"\"b\"\"\",12\nc,\n")
    }
}
