import Kernels
import Testing

@Suite struct RowTableTests {
    @Test func lendsWhatWasAskedFor() {
        let table = RowTable(rows: 3, columns: 5, repeating: 7)
        table.withRow(1, columns: 1..<4) { part in
            #expect(part.count == 3)
            for index in 0..<part.count { part[index] = index }
        }
        table.withRows(1..<3) { #expect($0.count == 10 && $0[1] == 0 && $0[3] == 2 && $0[4] == 7) }
        let all = table.readAll { span in span.indices.map { span[$0] } }
        #expect(all == [7, 7, 7, 7, 7, 7, 0, 1, 2, 7, 7, 7, 7, 7, 7])
    }

    @Test func emptyTablesLendEmptyRows() {
        RowTable(rows: 2, columns: 0, repeating: 0.0).withRow(1) { #expect($0.count == 0) }
        RowTable(rows: 0, columns: 4, repeating: 0.0).readAll { #expect($0.count == 0) }
    }

    @Test func rowsOfDifferentWorkersStayApart() {
        let table = RowTable(rows: 64, columns: 33, repeating: 0)
        Parallel.forEach(64) { row in table.withRow(row) { $0.update(repeating: row) } }
        for row in 0..<64 { table.readRow(row) { span in #expect(span.indices.allSatisfy { span[$0] == row }) } }
    }

    @Test func nobodyReachesTheNextRow() async {
        await #expect(processExitsWith: .failure) {
            let table = RowTable(rows: 2, columns: 4, repeating: 0)
            table.withRow(0) { $0[4] = 1 }
        }
        await #expect(processExitsWith: .failure) {
            RowTable(rows: 2, columns: 4, repeating: 0).withRow(2) { $0[0] = 1 }
        }
    }
}
