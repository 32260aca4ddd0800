using Kedge.Bench.Common;
using Kedge.Bench.Serve;
using Kedge.Inference.Onnx;

// Arguments: CHECKOUT KEDGE_SERVE NODE_OR_EMPTY NODE_SCRIPT [--quick] [--json FILE]
string checkout = args[0];
BenchArguments? arguments = BenchArguments.Parse(args[4..]);
if (arguments is null)
{
    Console.Error.WriteLine("bench/serve [--quick] [--json FILE]");
    return 2;
}

string folder = Directory.CreateTempSubdirectory("kedge-bench-").FullName;
BenchReport report = new(("onnxruntime", OnnxRuntimeLibrary.LoadedVersion(null)));
BenchPlan plan = new(args[1], args[2], args[3], folder, arguments.IsQuick, report);
try
{
    Workload tiny = Workload.Tiny(folder);
    if (plan.Node.Length == 0)
    {
        report.Note("The Node server was not measured: node or npm is absent.");
    }

    TransportFigures.Measure(plan, tiny);
    TransportFigures.Measure(plan, Workload.Mlp(folder));
    foreach (string name in arguments.IsQuick ? new[] { "squeezenet" } : ["squeezenet", "resnet50"])
    {
        Workload? light = Workload.Light(checkout, name);
        if (light is null)
        {
            report.Note($"{name} was not measured: the shared data is absent (KEDGE_SHARED_DATA).");
        }
        else
        {
            TransportFigures.Measure(plan, light);
        }
    }

    (string Name, Action Measure)[] rest =
    [
        ("where the time goes", () => LifeFigures.Breakdown(plan, tiny)),
        ("allocation", () => LifeFigures.Allocation(plan, tiny)),
        ("start", () => LifeFigures.Start(plan, tiny)),
        ("memory", () => LifeFigures.Memory(plan, tiny)),
        ("reload", () => LifeFigures.Reload(plan, tiny)),
        ("swap", () => LifeFigures.Swap(plan, tiny)),
        ("batching", () => LifeFigures.Batching(plan, Workload.Wide(folder))),
    ];
    foreach ((string name, Action measure) in rest)
    {
        BenchPlan.Say(name);
        measure();
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

report.Write(arguments.JsonFile);
return 0;
