using Kedge.Core.Device;
using Kedge.Inference.Control;
using Kedge.Inference.Tracing;

namespace Kedge.Agent.Commands;

/// <summary>
/// Carries traces out of the model servers, which have no network: fetches them every few seconds and appends them to a
/// file as OTLP JSON, a line for each reply, for whatever collector the device has. The file is bounded: when it is
/// half
/// of the room it takes the place of the one before. A disk that is full costs traces and nothing else.
/// </summary>
internal sealed class TraceForwarder : IDisposable
{
    /// <summary>Its folder in the data folder.</summary>
    internal const string Folder = "traces";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Func<IEnumerable<(InstanceId Instance, ControlTrace[] Traces)>> _take;
    private readonly string _folder;
    private readonly long _fileBytesMax;
    private readonly ITimer _timer;

    /// <summary>Forwards from now on.</summary>
    /// <param name="take">Takes what there is. Blocks its caller.</param>
    /// <param name="folder">Where the file is made.</param>
    /// <param name="config">How much room it has.</param>
    /// <param name="time">When to look.</param>
    internal TraceForwarder(
        Func<IEnumerable<(InstanceId Instance, ControlTrace[] Traces)>> take,
        string folder,
        TracesConfig config,
        TimeProvider time)
    {
        _take = take;
        _folder = folder;
        _fileBytesMax = config.Bytes() / 2;
        _timer = time.CreateTimer(static box => ((TraceForwarder)box!).Forward(), this, Period, Period);
    }

    /// <summary>Lines that could not be written.</summary>
    internal long Dropped { get; private set; }

    public void Dispose() => _timer.Dispose();

    /// <summary>Fetches and writes once; nothing where another thread still does.</summary>
    internal void Forward()
    {
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            foreach ((InstanceId instance, ControlTrace[] traces) in _take())
            {
                Append(OtlpTraces.WriteLine(instance.ToString(), traces));
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void Append(byte[] line)
    {
        try
        {
            Directory.CreateDirectory(_folder);
            string path = Path.Combine(_folder, "spans.jsonl");
            if (File.Exists(path) && new FileInfo(path).Length + line.Length + 1 > _fileBytesMax)
            {
                File.Move(path, path + ".1", overwrite: true);
            }

            using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            file.Write(line);
            file.WriteByte((byte)'\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dropped++;
        }
    }
}
