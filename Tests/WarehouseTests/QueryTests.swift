import Testing
import Warehouse

@Suite struct QueryTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    private func reader() throws -> WarehouseReader {
        _ = try Warehouse(writing: folder.warehouse)
        return try WarehouseReader(reading: folder.warehouse)
    }

    @Test(
        arguments: [
            ("SELECT bits FORM qid", #"near "qid": syntax error"#, 1, 18),
            ("SELECT bits\nFROM qid\nWHERE size > 3", "no such column: size", 3, 7),
            ("SELECT * FROM qidd", "no such table: qidd", 1, 15),
            ("SELECT sise, sise FROM qid", "no such column: sise", nil, nil),
            ("", "", nil, nil),
        ] as [(String, String, Int?, Int?)])
    func aWrongQuestionIsAnsweredWithItsPlace(sql: String, message: String, line: Int?, column: Int?) throws {
        let reader = try self.reader()
        #expect {
            try reader.query(sql)
        } throws: { error in
            guard case .query(let said, line, column)? = error as? WarehouseError else { return false }
            return message.isEmpty || said == message
        }
    }

    @Test(arguments: [
        "DELETE FROM evaluation", "DROP TABLE run", "PRAGMA user_version = 3", "SELECT 1; SELECT 2", "SELECT ?",
    ])
    func whatIsNoSingleQuestionIsRefused(sql: String) throws {
        let reader = try self.reader()
        let before = try reader.contents()
        #expect {
            try reader.query(sql)
        } throws: { error in
            switch error as? WarehouseError {
            case .query?, .cannotWrite?: true
            default: false
            }
        }
        #expect(try self.reader().contents() == before)
    }

    private static let answer = Answer(
        columns: ["name", "n", "n"],
        rows: [
            [.text("a|b, \"c\"\n"), .integer(12), .real(0.123456789)], [.null, .integer(-3), .real(1_234_567.89)],
            [.text("é"), .null, .real(1e-9)],
        ])

    @Test func csvGivesEveryDigitAndQuotesWhatItMust() {
        #expect(
            Self.answer.text(.csv) == "name,n,n\n\"a|b, \"\"c\"\"\n\",12,0.123456789\n,-3,1234567.89\né,,1e-09\n")
    }

    /// Neither a spreadsheet nor a page runs what a cell says.
    @Test func noCellIsACommand() {
        let answer = Answer(
            columns: ["=1+1", "n"],
            rows: [
                [.text("=HYPERLINK(1)"), .integer(-1)], [.text("@x"), .real(-2.5)], [.text("+1"), .null],
                [.text("a-b"), .null],
            ])
        #expect(answer.text(.csv) == "'=1+1,n\n'=HYPERLINK(1),-1\n'@x,-2.5\n'+1,\na-b,\n")
        let page = Answer(columns: ["a"], rows: [[.text("<script>x</script> & \\| [l](j) `c` *b*")]]).text(.markdown)
        #expect(
            page == #"""
                | a |
                |---|
                | &lt;script&gt;x&lt;/script&gt; &amp; \\\| \[l\](j) \`c\` \*b\* |

                """#)
    }

    @Test(arguments: [
        ("SELECT zeroblob(900000000)", "a value of more than 16 MiB"),
        ("SELECT hex(zeroblob(16000000))", "a value of more than 16 MiB"),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            "an answer of more than 1000000 rows or 256 MiB; ask for fewer (LIMIT) or for sums over them"
        ),
    ])
    func whatOneQuestionMayTakeIsLimited(sql: String, message: String) throws {
        let reader = try self.reader()
        #expect(throws: WarehouseError.query(message: message, line: nil, column: nil)) { try reader.query(sql) }
    }

    @Test func jsonIsAnArrayOfObjectsWithKeysOfTheirOwn() {
        #expect(
            Self.answer.text(.json) == #"""
                [{"name": "a|b, \"c\"\n", "n": 12, "n (2)": 0.123456789},
                 {"name": null, "n": -3, "n (2)": 1234567.89},
                 {"name": "é", "n": null, "n (2)": 1e-09}]

                """#)
        #expect(Answer(columns: ["a"], rows: []).text(.json) == "[]\n")
    }

    @Test func markdownIsATable() {
        #expect(
            Self.answer.text(.markdown) == #"""
                | name | n | n |
                |---|---:|---:|
                | a\|b, "c"  | 12 | 0.123457 |
                |  | -3 | 1234568 |
                | é |  | 1e-09 |

                """#)
    }

    @Test func tablesAlignTheirColumns() {
        #expect(
            Self.answer.text(.table) == #"""
                name        n         n
                ---------  --  --------
                a|b, "c"   12  0.123457
                           -3   1234568
                é                 1e-09

                """#)
    }
}
