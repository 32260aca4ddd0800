using Kedge.Bench.Common;
using Kedge.Bench.Rollout;

if (BenchArguments.Parse(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync("usage: bench/rollout [--quick] [--json FILE]");
    return 2;
}

BenchReport report = new();
PlanFigures.Measure(report, arguments.IsQuick);
await using (BenchFleet fleet = await BenchFleet.StartAsync(5))
{
    foreach ((string name, string value) in await fleet.VersionsAsync())
    {
        report.AddVersion(name, value);
    }

    await new HaltFigures(fleet, report).MeasureAsync(arguments.IsQuick);
    await new GateFigures(fleet, report).MeasureAsync(arguments.IsQuick);
}

report.Write(arguments.JsonFile);
return 0;
