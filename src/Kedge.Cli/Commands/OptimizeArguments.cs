using System.CommandLine;
using Kedge.Cli.Output;

namespace Kedge.Cli.Commands;

/// <summary>What <c>kedge model optimize</c> takes.</summary>
internal sealed class OptimizeArguments
{
    public Argument<string> File { get; } = new("FILE") { Description = "The model, an ONNX file." };

    public Option<string> To { get; } = new("--to")
    {
        Description = "Variants to make, of graph, fp16 and int8. Default: all three.",
        HelpName = "KINDS",
        DefaultValueFactory = _ => "graph,fp16,int8",
    };

    public Option<string> Golden { get; } = new("--golden")
    {
        Description = "Golden samples to compare the answers on; recorded here when left out.",
        HelpName = "FILE",
    };

    public Option<string> MaxLoss { get; } = new("--max-loss")
    {
        Description = "What a variant may lose, as 1% or top1=1%,accuracy=0.5%,abs=0.05,rel=2%.",
        HelpName = "LOSS",
        DefaultValueFactory = _ => "1%",
    };

    public Option<string> Out { get; } = new("--out")
    {
        Description = "Folder to write the variants to; the model's own when left out.",
        HelpName = "FOLDER",
    };

    public Option<int> Runs { get; } = new("--runs")
    {
        Description = "Answers to time, 1..10000; fewer when they take longer than a minute.",
        HelpName = "N",
        DefaultValueFactory = _ => 25,
    };

    public Option<int> Threads { get; } = new("--threads")
    {
        Description = "Threads that compute an answer, 0..256: 0 for one per core, as a device does.",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
    };

    public Option<string> Output { get; } = OutputOption.Create("json", "yaml");

    public void AddTo(Command command)
    {
        command.Add(File);
        command.Add(To);
        command.Add(Golden);
        command.Add(MaxLoss);
        command.Add(Out);
        command.Add(Runs);
        command.Add(Threads);
        command.Add(Output);
    }
}
