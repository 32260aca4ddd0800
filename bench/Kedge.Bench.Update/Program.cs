using Kedge.Bench.Common;
using Kedge.Bench.Update;

if (BenchArguments.Parse(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync("usage: bench/update [--quick] [--json FILE]");
    return 2;
}

BenchReport report = new();
await using (BenchFleet fleet = await BenchFleet.StartAsync(1))
{
    foreach ((string name, string value) in await fleet.VersionsAsync())
    {
        report.AddVersion(name, value);
    }

    await new UpdateFigures(fleet, report).MeasureAsync(arguments.IsQuick);
}

await using (BenchFleet fleet = await BenchFleet.StartAsync(1))
{
    await new OfflineFigures(fleet, report).MeasureAsync(rounds: arguments.IsQuick ? 2 : 5);
}

report.Write(arguments.JsonFile);
return 0;
