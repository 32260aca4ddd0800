using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kedge.Onnx;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Content;

/// <summary>
/// A real agent fetches from a real server over a slow line, and everything that can end does: the line, the agent by
/// kill -9, the server by kill -9. What arrived stays, and nothing serves before all of it is there.
/// </summary>
public sealed class BrokenFetchTests
{
    private const string Line = "127.0.0.9";
    private const int Width = 1000;

    [Fact]
    public async Task A_fetch_goes_on_where_line_agent_and_server_broke_and_takes_nothing_twice()
    {
        string folder = Directory.CreateTempSubdirectory("kedge-broken-").FullName;
        Programs programs = Programs.Find(AppContext.BaseDirectory);
        LocalFleet fleet = new(programs, folder) { Advertised = [Line, "127.0.0.1"] };
        await using WireProxy content = Proxy(fleet.ServerPorts[0]);
        await using WireProxy link = Proxy(fleet.ServerPorts[1]);
        try
        {
            await fleet.StartServerAsync();
            int bytes = await PushAsync(fleet);
            LocalDevice device = await fleet.EnrolAsync("press-01", ["line=press"]);
            device.Start();
            await Until.TrueAsync(
                async () => await fleet.DeviceAsync("press-01") is { Connected: true, Architecture.Length: > 0 },
                TimeSpan.FromSeconds(60), fleet.DescribeAsync);

            // Two pieces of 16 KiB in 20 ms: four MB take some seconds.
            content.Faults = new LineFaults(TimeSpan.FromMilliseconds(20), default, default, default);
            long before = content.Down;
            await ApplyAsync(fleet);
            await PassedAsync(content, before + (bytes / 5));
            content.IsUp = false;
            await Task.Delay(TimeSpan.FromMilliseconds(300));
            content.IsUp = true;
            await PassedAsync(content, before + (2 * bytes / 5));
            await device.Agent.KillAsync();
            Assert.DoesNotContain(await fleet.EndpointsAsync("wide"), static each => each.Serving);
            device.Start();
            await PassedAsync(content, before + (3 * bytes / 5));
            await fleet.Server.KillAsync();
            await fleet.StartServerAsync();
            content.Faults = LineFaults.None;
            await fleet.ServingAsync("wide", "wide:v1", 1, TimeSpan.FromSeconds(90));

            // Beside the content: handshakes, the manifest, what was on its way when something broke.
            Assert.InRange(content.Down - before, 1, bytes + (512 * 1024));
        }
        finally
        {
            await fleet.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static WireProxy Proxy(int port) =>
        new(new IPEndPoint(IPAddress.Parse(Line), port), new IPEndPoint(IPAddress.Loopback, port));

    private static Task PassedAsync(WireProxy line, long bytes) => Until.TrueAsync(
        () => Task.FromResult(line.Down >= bytes), TimeSpan.FromSeconds(60),
        () => Task.FromResult($"{line.Down} of {bytes} bytes came"));

    /// <summary>A model of four MB that no coder makes smaller than its noise; returns its length.</summary>
    private static async Task<int> PushAsync(LocalFleet fleet)
    {
        byte[] noise = RandomNumberGenerator.GetBytes(Width * Width * sizeof(float));
        Span<uint> bits = MemoryMarshal.Cast<byte, uint>(noise.AsSpan());
        for (int index = 0; index < bits.Length; index++)
        {
            // Numbers of -2^-7 to 2^-7: finite, and nearly every bit is chance.
            bits[index] = (bits[index] & 0x83FF_FFFF) | 0x3800_0000;
        }

        byte[] model = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "wide",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 1, Width)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, 1, Width)],
            Initializers = [OnnxTensor.OfRaw("w", OnnxElementType.Float, [Width, Width], noise)],
            Nodes = [new OnnxNodeSpec("MatMul", ["x", "w"], ["y"])],
        });
        string file = Path.Combine(fleet.Folder, "wide.onnx");
        await File.WriteAllBytesAsync(file, model);
        (await fleet.KedgeAsync(["model", "push", file, "--name", "wide", "--tag", "v1"])).MustSucceed();
        return model.Length;
    }

    private static Task ApplyAsync(LocalFleet fleet) => fleet.Client.ApplyAsync(
        """
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata: {name: wide}
        spec:
          selector: {matchLabels: {line: press}}
          models: [{name: wide, package: "wide:v1"}]
          endpoint: {port: 8791, expose: loopback}

        """,
        false, false, CancellationToken.None);
}
