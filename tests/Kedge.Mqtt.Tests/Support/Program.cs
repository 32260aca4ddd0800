using System.Diagnostics;
using System.Text;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>A real program run beside a test, killed at the end if it has not ended by itself.</summary>
public sealed class Program : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly System.Threading.Channels.Channel<string> _lines =
        System.Threading.Channels.Channel.CreateUnbounded<string>();

    private Program(Process process) => _process = process;

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public static Program Start(string file, params string[] arguments) => Run(file, null, arguments);

    /// <summary>The same, with text on its standard input.</summary>
    public static Program StartWithInput(string file, string input, params string[] arguments) =>
        Run(file, input, arguments);

    private static Program Run(string file, string? input, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = input is not null,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = new Process { StartInfo = start };
        var program = new Program(process);
        process.OutputDataReceived += (_, line) => _ = line.Data is null
            ? program._lines.Writer.TryComplete()
            : program._lines.Writer.TryWrite(line.Data);
        process.ErrorDataReceived += (_, line) =>
        {
            lock (program._errors)
            {
                program._errors.AppendLine(line.Data);
            }
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (input is not null)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }

        return program;
    }

    public async Task<string> NextLineAsync() =>
        await _lines.Reader.ReadAsync(
            ).AsTask().InTimeAsync($"a line of {_process.StartInfo.FileName}; errors: {Errors}");

    public async Task WaitForLineAsync(string part)
    {
        while (!(await NextLineAsync()).Contains(part, StringComparison.Ordinal))
        {
        }
    }

    /// <summary>Waits for the end; gives the exit status and the lines that nobody has read.</summary>
    public async Task<(int Status, string Output)> EndAsync()
    {
        await _process.WaitForExitAsync().InTimeAsync($"the end of {_process.StartInfo.FileName}; errors: {Errors}");
        var output = new StringBuilder();
        await foreach (string line in _lines.Reader.ReadAllAsync())
        {
            output.Append(line).Append('\n');
        }

        return (_process.ExitCode, output.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
