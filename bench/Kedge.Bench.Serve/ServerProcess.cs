using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kedge.Bench.Common;
using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Bench.Serve;

/// <summary>A server under test; disposing it ends it.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int Backlog = 128;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly ChildProcess _process;
    private readonly FileDescriptor? _listener;
    private readonly string _folder;

    private ServerProcess(ChildProcess process, EndPoint endPoint, FileDescriptor? listener, string folder)
    {
        _process = process;
        EndPoint = endPoint;
        _listener = listener;
        _folder = folder;
    }

    public EndPoint EndPoint { get; }

    /// <summary>Where shared memory is handed over.</summary>
    public string MemorySocket => Path.Combine(_folder, "memory.sock");

    /// <summary>Resident and proportional memory now.</summary>
    public ProcessSample Memory => ProcessSample.Of(_process.Pid);

    private string Control => Path.Combine(_folder, "control.sock");

    private UnixDomainSocketEndPoint Own => new(Path.Combine(_folder, "http.sock"));

    /// <summary>Starts kedge-serve with one model, as it is by default, and hands it a listener.</summary>
    /// <param name="program">The native build.</param>
    /// <param name="model">The file of model <c>m</c>.</param>
    /// <param name="listener">A listener to share; null for one of its own.</param>
    public static ServerProcess StartKedge(string program, string model, FileDescriptor? listener = null) =>
        StartKedge(program, new ServerSetting([("m", model)]) { Listener = listener });

    /// <summary>Starts kedge-serve and hands it a listener.</summary>
    public static ServerProcess StartKedge(string program, ServerSetting setting)
    {
        ServerProcess server = Launch(program, setting);
        server.WaitFor(server.IsReady);
        ControlReply reply = server.Ask(ControlOps.Listen, server._listener);
        return reply.Ok ? server : throw new InvalidOperationException(reply.Error);
    }

    /// <summary>Time from the start of the process to its first answer, in milliseconds.</summary>
    public static double TimeToAnswer(string program, string model, byte[] request)
    {
        long started = TimeProvider.System.GetTimestamp();
        using ServerProcess server = Launch(program, new ServerSetting([("m", model)]));
        while (true)
        {
            try
            {
                using HttpWorker own = new(server.Own);
                if (own.Ask(request, out _) == 200)
                {
                    return TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
                }
            }
            catch (SocketException)
            {
                // Not there yet.
            }

            if (Polling.WaitReadable(server._process.ExitDescriptor, TimeSpan.FromMilliseconds(1)))
            {
                throw new InvalidOperationException("The server ended.");
            }
        }
    }

    public static ServerProcess StartNode(string node, string script, string model)
    {
        string folder = Directory.CreateTempSubdirectory("kedge-bench-").FullName;
        using FileDescriptor free = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 1);
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(free));
        free.Dispose();
        string port = endPoint.Port.ToString(CultureInfo.InvariantCulture);
        ServerProcess server = new(Start(node, [script, model, port], folder), endPoint, null, folder);
        server.WaitFor(() => CanConnect(endPoint));
        return server;
    }

    /// <summary>A copy of the listener, for the next version.</summary>
    public FileDescriptor ShareListener() =>
        _listener?.Duplicate() ?? throw new InvalidOperationException("It has none.");

    /// <summary>Lets the next version take over: stops accepting and ends when the last connection has.</summary>
    public void Drain() => Ask(new ControlRequest { Op = ControlOps.Drain, DeadlineMs = 10_000 }, null);

    /// <summary>Waits until it has ended by itself.</summary>
    public bool WaitForEnd() => Polling.WaitReadable(_process.ExitDescriptor, Deadline);

    /// <summary>Asks on the own socket; the status with the body.</summary>
    public (int Status, string Body) AskOwn(string method, string path, string body = "")
    {
        using HttpWorker own = new(Own);
        byte[] request = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        int status = own.Ask(request, out ReadOnlySpan<byte> answer);
        return (status, Encoding.UTF8.GetString(answer));
    }

    /// <summary>Sum of a metric over all its labels; null where the server has none of this name.</summary>
    public double? Metric(string name)
    {
        string[] lines = [.. AskOwn("GET", "/metrics").Body.Split('\n').Where(line =>
            line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length
            && line[name.Length] is ' ' or '{')];
        return lines.Length == 0
            ? null
            : lines.Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.Signal(9);
        Polling.WaitReadable(_process.ExitDescriptor, Deadline);
        _process.TryCollect();
        _process.Dispose();
        _listener?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static ServerProcess Launch(string program, ServerSetting setting)
    {
        string folder = Directory.CreateTempSubdirectory("kedge-bench-").FullName;
        string config = Path.Combine(folder, "config.json");
        File.WriteAllBytes(config, new ServeConfig
        {
            Nonce = "benchmark",
            Deployment = "bench",
            Instance = "1",
            Models =
            [
                .. setting.Models.Select(model => new ServeModel(model.Name, "1", "onnx", model.Path)
                {
                    Scheduling = setting.Scheduling,
                }),
            ],
            ControlSocket = Path.Combine(folder, "control.sock"),
            HttpSocket = Path.Combine(folder, "http.sock"),
            SharedMemory = setting.IsLocal,
        }.ToJson());
        ChildProcess process = Start(program, ["--config", config], folder);
        if (setting.IsLocal)
        {
            string path = Path.Combine(folder, "public.sock");
            FileDescriptor local = ListeningSocket.OpenUnix(
                path, Backlog, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return new ServerProcess(process, new UnixDomainSocketEndPoint(path), local, folder);
        }

        FileDescriptor own =
            setting.Listener ?? ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), Backlog);
        return new ServerProcess(process, IPEndPoint.Parse(ListeningSocket.Describe(own)), own, folder);
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

    private static bool CanConnect(IPEndPoint endPoint)
    {
        try
        {
            using TcpClient client = new();
            client.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private bool IsReady()
    {
        try
        {
            return Ask(ControlOps.Status, null).State == ServeStates.Ready;
        }
        catch (NativeException notYet) when (notYet.IsAbsent)
        {
            return false;
        }
    }

    private void WaitFor(Func<bool> ready)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!ready())
        {
            if (_process.HasEnded || TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                throw new TimeoutException(
                    $"A server did not come up: {File.ReadAllText(Path.Combine(_folder, "output"))}");
            }

            Polling.WaitReadable(_process.ExitDescriptor, TimeSpan.FromMilliseconds(10));
        }
    }

    private ControlReply Ask(string op, FileDescriptor? attach) => Ask(new ControlRequest { Op = op }, attach);

    private ControlReply Ask(ControlRequest request, FileDescriptor? attach)
    {
        using LineChannel channel = LineChannel.Connect(Control);
        ReceivedLine line = channel.Exchange(request.ToLine(), attach, Deadline);
        return ControlReply.TryParse(line.Bytes, out ControlReply? reply)
            ? reply
            : throw new InvalidOperationException("The reply is none.");
    }
}
