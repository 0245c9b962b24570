import Commands
import Options

@main
enum Main {
    static func main() { runProgram(Standalone<QuantizeCommand>.self) }
}
