using Kedge.Bench.Agent;
using Kedge.Bench.Common;

if (BenchArguments.Parse(args) is not { } arguments)
{
    await Console.Error.WriteLineAsync("usage: bench/agent [--quick] [--json FILE]");
    return 2;
}

BenchReport report = new();
report.Note(
    "MB are 2^20 bytes; memory as the kernel counts it after the idle time, traffic with IP and TCP headers, .tls "
    + "without.");
await using (BenchFleet fleet = await BenchFleet.StartAsync(1))
await using (PeerSet peers = await PeerSet.StartAsync(report))
{
    foreach ((string name, string value) in await fleet.VersionsAsync())
    {
        report.AddVersion(name, value);
    }

    await new AgentFigures(fleet, peers, report).MeasureAsync(arguments.IsQuick);
}

report.Write(arguments.JsonFile);
return 0;
