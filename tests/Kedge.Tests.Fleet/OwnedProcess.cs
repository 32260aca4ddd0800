using System.Diagnostics;

namespace Kedge.Tests.Fleet;

/// <summary>
/// A process of ours: its output goes to a file, it is ended by its id, it never outlives us unasked.
/// </summary>
public sealed class OwnedProcess : IDisposable
{
    private readonly Process _process;

    private OwnedProcess(Process process, string logFile)
    {
        _process = process;
        LogFile = logFile;
    }

    public int Id => _process.Id;

    public string LogFile { get; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts a program by argument vector; both outputs are appended to a file.</summary>
    public static OwnedProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string logFile)
    {
        ProcessStartInfo start = new(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process = new() { StartInfo = start };
        StreamWriter log = new(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            AutoFlush = true,
        };
        Lock gate = new();
        void Write(object sender, DataReceivedEventArgs e)
        {
            lock (gate)
            {
                log.WriteLine(e.Data);
            }
        }

        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new OwnedProcess(process, logFile);
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, then SIGKILL after a deadline; waits for the end.</summary>
    public async Task StopAsync(TimeSpan deadline)
    {
        if (!_process.HasExited)
        {
            using Process kill = Process.Start(
                "kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        using CancellationTokenSource late = new(deadline);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }
    }

    public string LogTail(int lines = 30) =>
        File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(lines)) : "";

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
