import Presentation
import Testing

@Suite struct TextTableTests {
    private static let table = TextTable(["name", "n"], text: [0], rows: [["a, \"b\"", "12"], ["c", ""]])

    @Test func textStandsLeftAndNumbersRightWithNothingBlankBehind() {
        #expect(Self.table.aligned() == "name     n\na, \"b\"  12\nc\n")
        #expect(Self.table.aligned(isRuled: true).hasPrefix("name     n\n------  --\n"))
        #expect(TextTable(["a"], text: [], rows: []).aligned() == "a\n")
    }

    /// What a file calls itself does nothing to a terminal.
    @Test func controlsAreShownInWords() {
        let text = "red\u{1B}[31m\nnext\t\u{85}é"
        #expect(TextTable(["a"], text: [0], rows: [[text]]).aligned() == "a\nred\\u{1b}[31m\\u{a}next\\u{9}\\u{85}é\n")
        #expect(text.withVisibleControls(keepingLines: true) == "red\\u{1b}[31m\nnext\\u{9}\\u{85}é")
        #expect("plain é".withVisibleControls() == "plain é")
    }

    @Test func otherProgramsReadIt() {
        #expect(Self.table.markdown == "| name | n |\n|---|---:|\n| a, \"b\" | 12 |\n| c |  |\n")
        #expect(Self.table.csv == "name,n\n\"a, \"\"b\"\"\",12\nc,\n")
    }
}
