using System.Net;
using Kedge.Inference.Control;
using Kedge.Inference.Tensors;
using Kedge.Inference.Tests.Serve;
using Kedge.Native;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>
/// The gRPC client that others use, npm's, with nothing of ours but the published .proto. What it asks for is in
/// <c>node/client.cjs</c>.
/// </summary>
public sealed class NodeClientTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    [Fact]
    public void The_client_of_npm_made_from_the_published_file_is_answered()
    {
        using TemporaryFolder folder = new();
        string checkout = Checkout();
        string modules = Run(
            folder.File("fetch"), "/bin/bash", [Path.Combine(checkout, "eng/native/fetch-grpc-client")])
            .Trim().Split('\n')[^1];
        using ServeProcess server = new(
            "1",
            models: [("tiny", TinyModels.AddSub), ("echo", TinyModels.Identity(TensorType.UInt8)),
                ("slow", SlowModel.Bytes)],
            change: static config =>
            {
                config.Models[0].Scheduling = new() { Batching = new() { QueueMax = 1000 } };
                config.Models[2].Scheduling = new() { Instances = 1, Batching = new() { QueueMax = 4 } };
            });
        using FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        Assert.True(server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, listener).Ok);
        string told = Run(
            folder.File("client"), "/usr/bin/env",
            [
                "node", Path.Combine(checkout, "tests/Kedge.Inference.Tests/Grpc/node/client.cjs"), modules,
                Path.Combine(checkout, "docs/protocol/open_inference.proto"), "unix:" + server.HttpSocket,
                ListeningSocket.Describe(listener),
            ]);
        Assert.Contains("8 groups of checks passed", told, StringComparison.Ordinal);
        Assert.True(server.Ask(ControlOps.Stop).Ok);
        Assert.Equal(0, server.WaitForExit());
    }

    /// <summary>Runs a program to its end and gives what it said; it must end well.</summary>
    private static string Run(string output, string program, IEnumerable<string> arguments)
    {
        using ChildProcess process = ChildProcess.Start(new SpawnSpec
        {
            Program = program,
            Arguments = [.. arguments],
            Environment = [.. Environment.GetEnvironmentVariables().Keys.Cast<string>()
                .Select(static key => $"{key}={Environment.GetEnvironmentVariable(key)}")],
            OutputFile = output,
        });
        if (!Polling.WaitReadable(process.ExitDescriptor, Deadline))
        {
            process.Signal(9);
            Polling.WaitReadable(process.ExitDescriptor, Deadline);
        }

        ProcessEnd? end = process.TryCollect();
        string told = File.Exists(output) ? File.ReadAllText(output) : "";
        Assert.True(end is { Exited: true, Status: 0 }, $"{program}: {end}\n{told}");
        return told;
    }

    private static string Checkout()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Kedge.slnx")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("There is no checkout around the tests.");
    }
}
