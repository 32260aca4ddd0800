using Kedge.Bench.Common;
using Kedge.Bench.Content;
using Kedge.Tests.Fleet;

if (BenchArguments.Parse(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync("usage: bench/content [--quick] [--json FILE]");
    return 2;
}

BenchReport report = new();
string folder = Directory.CreateTempSubdirectory("kedge-bench-files-").FullName;
try
{
    await NetworkPlace.PrepareAsync();
    Programs programs = Programs.Find(AppContext.BaseDirectory);
    report.AddVersion("kedge-agent", (await CommandResult.RunAsync(programs.Agent, ["--version"])).Output.Trim());
    foreach ((string name, string value) in await ContentPeers.VersionsAsync())
    {
        report.AddVersion(name, value);
    }

    Scenarios scenarios = new(folder, programs, arguments.IsQuick);
    IReadOnlyList<Scenario> all = await scenarios.MakeAsync();
    Scenario tuned = all.First(scenario => scenario.Noise == 1e-3);
    await new Throughput(folder, report).MeasureAsync(tuned);
    await using ContentStage stage = await ContentStage.StartAsync();
    await new WireFigures(stage, new ContentPeers(folder), scenarios, report).MeasureAsync(all);
    await new SiteFigures(stage, report).MeasureAsync(all[0], arguments.IsQuick ? 4 : 20);
    await new BadLinkFigures(stage, report).MeasureAsync(all[0]);
}
finally
{
    Directory.Delete(folder, recursive: true);
}

report.Write(arguments.JsonFile);
return 0;
