using System.Globalization;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Content;

/// <summary>
/// The addresses that this benchmark uses, in the network namespace that its script made, and a place behind a narrow
/// line: another namespace, reached over a pair of virtual interfaces whose queues let one Mbit/s pass each way.
/// </summary>
internal static class NetworkPlace
{
    private static readonly string Narrow =
        string.Create(CultureInfo.InvariantCulture, $"kedge-narrow-{Environment.ProcessId}");
    private const string Rate = "1mbit";

    /// <summary>Brings up loopback and the server's address.</summary>
    public static async Task PrepareAsync()
    {
        await IpAsync("link", "set", "lo", "up");
        await IpAsync("address", "add", $"{ContentStage.Address}/32", "dev", "lo");
    }

    /// <summary>Makes the narrow place; gives a program that starts what it is given there.</summary>
    public static async Task<string> NarrowAsync(string folder, string program)
    {
        await IpAsync("netns", "add", Narrow);
        await IpAsync("link", "add", "kedge0", "type", "veth", "peer", "name", "kedge1", "netns", Narrow);
        await IpAsync("address", "add", "10.203.1.1/24", "dev", "kedge0");
        await IpAsync("link", "set", "kedge0", "up");
        await InsideAsync("ip", "link", "set", "lo", "up");
        await InsideAsync("ip", "address", "add", "10.203.1.2/24", "dev", "kedge1");
        await InsideAsync("ip", "link", "set", "kedge1", "up");
        await InsideAsync("ip", "route", "add", "default", "via", "10.203.1.1");
        (await CommandResult.RunAsync("tc", Queue("kedge0"))).MustSucceed();
        await InsideAsync("tc", Queue("kedge1"));

        // Its network alone: what ip netns exec does to /sys would hide the cgroups.
        string start = Path.Combine(folder, "start-narrow");
        await File.WriteAllTextAsync(start, $"#!/bin/sh\nexec nsenter --net=/run/netns/{Narrow} {program} \"$@\"\n");
        (await CommandResult.RunAsync("chmod", ["700", start])).MustSucceed();
        return start;
    }

    /// <summary>Takes the narrow place away.</summary>
    public static async Task RemoveNarrowAsync() => await CommandResult.RunAsync("ip", ["netns", "delete", Narrow]);

    private static string[] Queue(string device) =>
        ["qdisc", "add", "dev", device, "root", "tbf", "rate", Rate, "burst", "16kb", "latency", "400ms"];

    private static Task InsideAsync(string program, params string[] arguments) =>
        IpAsync(["netns", "exec", Narrow, program, .. arguments]);

    private static async Task IpAsync(params string[] arguments) =>
        (await CommandResult.RunAsync("ip", arguments)).MustSucceed();
}
