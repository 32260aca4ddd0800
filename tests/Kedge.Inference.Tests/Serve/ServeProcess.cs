using System.Collections.Immutable;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Inference.Tests.Serve;

/// <summary>
/// A real kedge-serve process (the JIT build) with its own folder, killed at the end if it still runs.
/// </summary>
internal sealed class ServeProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();

    public ServeProcess(
        string version,
        byte[]? model = null,
        Action<ServeConfig>? change = null,
        string reference = "",
        IEnumerable<(string Name, byte[] Model)>? models = null,
        string format = "onnx",
        string environment = "")
    {
        File.WriteAllBytes(_folder.File("model.onnx"), model ?? TinyModels.AddSub);
        ServeConfig config = new()
        {
            Nonce = "the-nonce-" + version,
            Deployment = "test",
            Instance = version,
            Models = models is not null
                ? [.. models.Select(one => new ServeModel(one.Name, version, "onnx", Write(one.Name, one.Model)))]
                :
                [
                    new ServeModel("tiny", version, format, _folder.File("model.onnx"), "sha256:" + version, reference),
                ],
            IntraOpThreads = 1,
            ControlSocket = _folder.File("control.sock"),
            HttpSocket = HttpSocket,
            LogFile = _folder.File("log"),
        };
        change?.Invoke(config);
        File.WriteAllBytes(_folder.File("config.json"), config.ToJson());
        Process = Start(["--config", _folder.File("config.json")], Output, environment);
    }

    public ChildProcess Process { get; }

    public string HttpSocket => _folder.File("http.sock");

    public string Output => _folder.File("output");

    public string Log => File.Exists(_folder.File("log")) ? File.ReadAllText(_folder.File("log")) : "";

    public static ChildProcess Start(ImmutableArray<string> arguments, string output, string environment = "")
    {
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        string program = Path.Combine(AppContext.BaseDirectory, "kedge-serve.dll");
        return ChildProcess.Start(new SpawnSpec
        {
            Program = dotnet,
            Arguments = ["--roll-forward", "Major", program, .. arguments],
            Environment =
            [
                .. Environment.GetEnvironmentVariables().Keys.Cast<string>()
                    .Select(key => $"{key}={Environment.GetEnvironmentVariable(key)}"),
                .. environment.Length > 0 ? [environment] : ImmutableArray<string>.Empty,
            ],
            OutputFile = output,
        });
    }

    public ControlReply Ask(string op, FileDescriptor? attach = null, long deadlineMs = 0) =>
        Ask(op, out _, attach, deadlineMs);

    public ControlReply Ask(
        string op, out FileDescriptor? received, FileDescriptor? attach = null, long deadlineMs = 0) =>
        Ask(new ControlRequest { Op = op, DeadlineMs = deadlineMs }, attach, out received);

    public ControlReply Ask(ControlRequest request, FileDescriptor? attach, out FileDescriptor? received)
    {
        using LineChannel channel = LineChannel.Connect(_folder.File("control.sock"));
        ReceivedLine line = channel.Exchange(request.ToLine(), attach, Deadline);
        Assert.True(ControlReply.TryParse(line.Bytes, out ControlReply? reply));
        received = line.Attached;
        return reply;
    }

    public ServeProcess WaitFor(string state)
    {
        long started = TimeProvider.System.GetTimestamp();
        string last = "no control socket yet";
        while (TimeProvider.System.GetElapsedTime(started) < Deadline && !Process.HasEnded)
        {
            try
            {
                last = Ask(ControlOps.Status).State;
            }
            catch (NativeException absent) when (absent.IsAbsent)
            {
                Polling.WaitReadable(Process.ExitDescriptor, TimeSpan.FromMilliseconds(5));
            }

            if (last == state)
            {
                return this;
            }

            Polling.WaitReadable(Process.ExitDescriptor, TimeSpan.FromMilliseconds(5));
        }

        throw new TimeoutException(
            $"State {last}, not {state}; ended: {Process.HasEnded}; output: {File.ReadAllText(Output)}; log: {Log}");
    }

    public int WaitForExit()
    {
        Assert.True(Polling.WaitReadable(Process.ExitDescriptor, Deadline), $"It still runs: {Log}");
        ProcessEnd end = Process.TryCollect() ?? throw new InvalidOperationException("Nothing to collect.");
        return end.Exited ? end.Status : -end.Status;
    }

    public RawHttp Connect()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(HttpSocket));
        return new RawHttp(socket);
    }

    public void Dispose()
    {
        if (!Process.HasEnded)
        {
            Process.Signal(9);
            Polling.WaitReadable(Process.ExitDescriptor, Deadline);
        }

        Process.TryCollect();
        Process.Dispose();
        _folder.Dispose();
    }

    private string Write(string name, byte[] model)
    {
        string path = _folder.File(name + ".onnx");
        File.WriteAllBytes(path, model);
        return path;
    }
}
