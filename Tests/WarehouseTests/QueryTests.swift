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
