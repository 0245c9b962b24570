package import FoundationEssentials
import Pipeline
import System
package import Warehouse

/// Answers a question in SQL from a workspace's warehouse.
package func ask(_ question: String, of location: URL, as format: AnswerFormat) throws(StageError) -> String {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let reader = try attempt { () throws(WarehouseError) in try WarehouseReader(reading: workspace.warehouse) }
    let answer = try Interruption.ending(status: ExitStatus.tryAgain.rawValue) { () throws(StageError) in
        try attempt { () throws(WarehouseError) in try reader.query(question) }
    }
    return answer.text(format)
}
