using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Bench.Serve;

/// <summary>A server under test; disposing it ends it.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly ChildProcess _process;
    private readonly FileDescriptor? _listener;

    private ServerProcess(ChildProcess process, IPEndPoint endPoint, FileDescriptor? listener)
    {
        _process = process;
        EndPoint = endPoint;
        _listener = listener;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Resident and proportional memory now, in megabytes.</summary>
    public (double Rss, double Pss) Memory
    {
        get
        {
            string[] lines = File.ReadAllLines($"/proc/{_process.Pid}/smaps_rollup");
            double Field(string name) => double.Parse(
                lines.First(line => line.StartsWith(name, StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture) / 1024;
            return (Field("Rss:"), Field("Pss:"));
        }
    }

    public static ServerProcess StartKedge(string program, string model, string folder)
    {
        string control = Path.Combine(folder, "control.sock");
        string config = Path.Combine(folder, "config.json");
        File.WriteAllBytes(config, new ServeConfig
        {
            Nonce = "benchmark",
            Deployment = "bench",
            Instance = "1",
            Models = [new ServeModel("m", "1", "onnx", model)],
            ControlSocket = control,
            HttpSocket = Path.Combine(folder, "http.sock"),
        }.ToJson());
        File.Delete(control);
        ChildProcess process = Start(program, ["--config", config], folder);
        FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 128);
        WaitFor(process, () =>
            File.Exists(control) && Ask(control, ControlOps.Status, null).State == ServeStates.Ready);
        ControlReply reply = Ask(control, ControlOps.Listen, listener);
        return reply.Ok
            ? new ServerProcess(process, IPEndPoint.Parse(ListeningSocket.Describe(listener)), listener)
            : throw new InvalidOperationException(reply.Error);
    }

    public static ServerProcess StartNode(string node, string script, string model, string folder)
    {
        using FileDescriptor free = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 1);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(free));
        free.Dispose();
        string port = endPoint.Port.ToString(CultureInfo.InvariantCulture);
        ChildProcess process = Start(node, [script, model, port], folder);
        WaitFor(process, () => CanConnect(endPoint));
        return new ServerProcess(process, endPoint, null);
    }

    public void Dispose()
    {
        _process.Signal(9);
        Polling.WaitReadable(_process.ExitDescriptor, Deadline);
        _process.TryCollect();
        _process.Dispose();
        _listener?.Dispose();
    }

    private static ChildProcess Start(string program, ImmutableArray<string> arguments, string folder) =>
        ChildProcess.Start(new SpawnSpec
        {
            Program = program,
            Arguments = arguments,
            Environment = [.. Environment.GetEnvironmentVariables().Keys.Cast<string>()
                .Select(key => $"{key}={Environment.GetEnvironmentVariable(key)}")],
            OutputFile = Path.Combine(folder, "output"),
        });

    private static void WaitFor(ChildProcess process, Func<bool> ready)
    {
        long started = Stopwatch.GetTimestamp();
        while (!ready())
        {
            if (process.HasEnded || Stopwatch.GetElapsedTime(started) > Deadline)
            {
                throw new TimeoutException("A server did not come up.");
            }

            Polling.WaitReadable(process.ExitDescriptor, TimeSpan.FromMilliseconds(10));
        }
    }

    private static bool CanConnect(IPEndPoint endPoint)
    {
        try
        {
            using System.Net.Sockets.TcpClient client = new();
            client.Connect(endPoint);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static ControlReply Ask(string path, string op, FileDescriptor? attach)
    {
        using LineChannel channel = LineChannel.Connect(path);
        ReceivedLine line = channel.Exchange(new ControlRequest { Op = op }.ToLine(), attach, Deadline);
        return ControlReply.TryParse(line.Bytes, out ControlReply? reply)
            ? reply
            : throw new InvalidOperationException("The reply is none.");
    }
}
