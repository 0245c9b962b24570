import ScalingLaws
import Testing

@Suite struct PointsTests {
    /// The conditions that every law knows.
    private static func bare(_ point: Point) -> Conditions {
        var conditions = point.conditions
        (conditions.columns, conditions.labels) = ([:], [:])
        return conditions
    }

    @Test func columnsAreFoundByName() throws {
        let points = try Points.parse(
            csv: """
                checkpoint,bits,params,tokens,qid,qid_stderr,group,phase,vocabulary,series,seed,stage,unheard-of
                a/512,4,1.5e8,1073741824,0.25,0.01,128,annealed,256,a,3,stage1,x
                "b ""quoted"", 2",3,3e8,2e9,-0.5,,channel,warm-up,,,,,
                """)
        #expect(points.count == 2)
        #expect(Self.bare(points[0]) == Conditions(params: 1.5e8, tokens: 1_073_741_824, bits: 4, group: 128))
        #expect(points[0].conditions.columns == ["vocabulary": 256, "seed": 3])
        #expect(
            points[0].conditions.labels == [
                "checkpoint": "a/512", "phase": "annealed", "vocabulary": "256", "series": "a", "seed": "3",
                "stage": "stage1", "unheard-of": "x",
            ])
        #expect(points[0].qid == 0.25)
        #expect(points[0].qidStderr == 0.01)
        #expect(points.map(\.phase) == [.annealed, .warmUp])
        #expect((points[0].series, points[0].seed, points[0].stage) == ("a", "3", "stage1"))
        #expect((points[1].series, points[1].seed, points[1].stage) == (nil, nil, nil))
        #expect(points[0].checkpoint == "a/512")
        #expect(abs((points[0].lossAtChance ?? 0) - 5.545177444479562) < 1e-12)
        #expect(points[1].checkpoint == "b \"quoted\", 2")
        #expect(points[1].qidStderr == nil)
        #expect(points[1].conditions.group == nil)
        #expect(points[1].tokensStderr == nil)
    }

    @Test func publishedHeadersAreUnderstood() throws {
        let table = try Points.parse(
            csv: "\u{FEFF}N,bits,qid,tokens_trillion\r\n1e9,2,0.2,0.0011\r\n7e9,3,0.2,12.3456\r\n")
        #expect(Self.bare(table[0]) == Conditions(params: 1e9, tokens: 1.1e9, bits: 2))
        #expect(abs((table[0].tokensStderr ?? 0) - 1e8 / 12.0.squareRoot()) < 1)
        let runs = try Points.parse(csv: "group,N_nonemb,D_tokens,w_bits,loss\n16,3e7,3e9,16,3.5\n2NOH,3e7,3e9,2,4\n")
        #expect(runs.map(\.conditions.scheme) == ["16", "2NOH"])
        #expect(runs[1].conditions.group == nil)
    }

    @Test func columnsCanBeRenamed() throws {
        let points = try Points.parse(
            csv: "size,tokens,loss,kind\n1e8,1e9,3,int4\n", renamed: ["params": "size", "scheme": "kind"])
        #expect(points[0].conditions.scheme == "int4")
        #expect(points[0].conditions.params == 1e8)
    }

    @Test(arguments: [
        ("", ScalingLawsError.emptyTable), ("params,tokens,qid\n", .noRows),
        ("params,tokens,qid\r1,2,3\r", .carriageReturns),
        ("tokens,qid\n1,1\n", .missingColumn("params", found: ["tokens", "qid"])),
        ("params,qid\n1,1\n", .missingColumn("tokens", found: ["params", "qid"])),
        ("params,tokens\n1,1\n", .missingColumn("kl, qid or loss", found: ["params", "tokens"])),
        ("params,N,tokens,qid\n", .duplicateColumn("params")),
        ("params,tokens,qid,qid\n", .duplicateColumn("qid")),
        ("params,tokens,qid\n1,2\n", .wrongFieldCount(line: 2, found: 2, expected: 3)),
        ("params,tokens,qid\n1,2,3\n\n1,2,3,4\n", .wrongFieldCount(line: 4, found: 4, expected: 3)),
        ("params,tokens,qid\n1,2,\"3\n", .unterminatedQuote(line: 2)),
        (
            "params,tokens,qid\n1,2,x\n",
            .badValue(line: 2, column: "qid", found: "x", expected: "a difference of losses in nats")
        ),
        ("params,D,qid\n1,-2,3\n", .badValue(line: 2, column: "D", found: "-2", expected: "a positive number")),
        ("params,tokens,qid\n,2,3\n", .badValue(line: 2, column: "params", found: "", expected: "a positive number")),
        (
            "params,tokens,loss,sparsity\n1,2,3,1\n",
            .badValue(line: 2, column: "sparsity", found: "1", expected: "a share from 0 to below 1")
        ),
        (
            "params,tokens,loss,phase\n1,2,3,late\n",
            .badValue(
                line: 2, column: "phase", found: "late",
                expected: "one of warm-up, stable, decay, annealed, unannealed, unknown")
        ),
        (
            "params,tokens,qid\n1,inf,3\n",
            .badValue(line: 2, column: "tokens", found: "inf", expected: "a positive number")
        ),
    ])
    func badTablesAreRefused(text: String, error: ScalingLawsError) {
        #expect(throws: error) { try Points.parse(csv: text) }
    }

    @Test func mutationsNeverTrap() {
        let original = Array("params,tokens,bits,qid,group\n1e8,1e9,4,0.1,128\n\"2e8\",2e9,3,0.2,channel\n".utf8)
        let seed: UInt64 = 20_261_121
        var state = seed
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var accepted = 0
        for _ in 0..<5000 {
            var bytes = original
            for _ in 0...next(4) {
                let place = next(bytes.count)
                switch next(3) {
                case 0: bytes[place] = UInt8(next(256))
                case 1: bytes.remove(at: place)
                default: bytes.insert(Array(",\"\n.e-9".utf8)[next(7)], at: place)
                }
            }
            if (try? Points.parse(csv: String(decoding: bytes, as: UTF8.self))) != nil { accepted += 1 }
        }
        #expect(accepted > 0 && accepted < 5000, "seed \(seed)")
    }
}
