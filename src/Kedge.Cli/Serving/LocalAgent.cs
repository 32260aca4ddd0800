using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.Versioning;
using Kedge.Native;

namespace Kedge.Cli.Serving;

/// <summary>The agent of <c>kedge up</c>: a process of a session of its own, so that Ctrl-C reaches only us and we end
/// it in
/// order. It writes to a file, so that it does not depend on us to go on.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class LocalAgent(string program, string folder) : IDisposable
{
    private const int SignalTerminate = 15;
    private const int SignalKill = 9;

    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _stopDeadline = TimeSpan.FromSeconds(20);

    private ChildProcess? _process;

    /// <summary>Where it keeps what it must remember.</summary>
    public string DataFolder => Path.Combine(folder, "device");

    /// <summary>Where it writes.</summary>
    public string LogFile => Path.Combine(folder, "agent.log");

    /// <summary>True when it was enrolled before.</summary>
    public bool HasData => Directory.Exists(DataFolder) && Directory.EnumerateFileSystemEntries(DataFolder).Any();

    /// <summary>True once it has ended.</summary>
    public bool HasEnded => _process?.HasEnded ?? false;

    /// <summary>Runs one command of the agent to its end; ends ours when it fails.</summary>
    public async Task CommandAsync(ImmutableArray<string> arguments, TimeProvider time, CancellationToken ct)
    {
        using ChildProcess child = Start(arguments);
        while (!child.HasEnded)
        {
            await Task.Delay(_poll, time, ct).ConfigureAwait(false);
        }

        if (child.TryCollect() is not { Exited: true, Status: 0 })
        {
            throw new CliException(
                CliErrors.AgentEnded, $"kedge-agent {arguments[0]} failed:\n{LogTail()}", ExitCodes.Failed);
        }
    }

    /// <summary>
    /// Takes over an agent that an earlier run left behind, as when that was killed; false when there is none.
    /// </summary>
    public bool TryAdopt()
    {
        if (!File.Exists(PidFile)
            || !int.TryParse(
                File.ReadAllText(PidFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            return false;
        }

        try
        {
            _process = ChildProcess.Open(pid);
        }
        catch (NativeException exception) when (exception.IsAbsent)
        {
            return false;
        }

        // Held by now, so that the number cannot come to mean another process between this look and a signal.
        if (IsOurs(pid))
        {
            return true;
        }

        _process.Dispose();
        _process = null;
        return false;
    }

    /// <summary>Starts it for good.</summary>
    /// <param name="onnx">ONNX Runtime for its model servers; empty where it finds its own.</param>
    /// <param name="tfLite">TensorFlow Lite for them; empty where it finds its own, or has none.</param>
    /// <param name="imaging">Folder of the libraries that decode images; empty likewise.</param>
    public void Run(string onnx, string tfLite, string imaging)
    {
        ImmutableArray<string> arguments = ["run", "--data", DataFolder];
        _process = Start(
            onnx.Length > 0 ? [.. arguments, "--runtime-library", onnx] : arguments,
            [
                .. tfLite.Length > 0 ? [$"KEDGE_TFLITE_LIB={tfLite}"] : Array.Empty<string>(),
                .. imaging.Length > 0 ? [$"KEDGE_IMAGING_LIBS={imaging}"] : Array.Empty<string>(),
            ]);
        File.WriteAllText(PidFile, _process.Pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Asks it to end and waits; model servers go on.</summary>
    public async Task StopAsync(TimeProvider time)
    {
        if (_process is null)
        {
            return;
        }

        long began = time.GetTimestamp();
        _process.Signal(SignalTerminate);
        while (!_process.HasEnded && time.GetElapsedTime(began) < _stopDeadline)
        {
            await Task.Delay(_poll, time, CancellationToken.None).ConfigureAwait(false);
        }

        if (!_process.HasEnded)
        {
            _process.Signal(SignalKill);
        }

        _process.TryCollect();
    }

    /// <summary>The last lines that it wrote.</summary>
    public string LogTail() => File.Exists(LogFile)
        ? string.Join('\n', File.ReadLines(LogFile).TakeLast(15))
        : "";

    /// <inheritdoc/>
    public void Dispose() => _process?.Dispose();

    private string PidFile => Path.Combine(folder, "agent.pid");

    private bool IsOurs(int pid)
    {
        string file = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline");
        return File.Exists(file)
            && File.ReadAllText(file).Contains($"run\0--data\0{DataFolder}\0", StringComparison.Ordinal);
    }

    private ChildProcess Start(ImmutableArray<string> arguments, ImmutableArray<string> variables = default) =>
        ChildProcess.Start(new SpawnSpec
    {
        Program = program,
        Arguments = arguments,
        Environment = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(
            variable => $"{variable.Key}={variable.Value}"), .. variables.IsDefault ? [] : variables],
        WorkingFolder = folder,
        OutputFile = LogFile,
    });
}
