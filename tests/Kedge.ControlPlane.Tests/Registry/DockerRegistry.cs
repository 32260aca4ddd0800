using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Kedge.ControlPlane.Tests.Registry;

/// <summary>Debian's docker-registry on a port and in a folder of its own.</summary>
internal sealed partial class DockerRegistry : IAsyncDisposable
{
    /// <summary>User "kedge" with the password "secret".</summary>
    private const string Htpasswd = "kedge:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

    private readonly string _folder;
    private readonly Process _process;

    private DockerRegistry(Process process, string folder) => (_process, _folder) = (process, folder);

    public int Port { get; private set; }

    public string Authority => $"127.0.0.1:{Port}";

    public static async Task<DockerRegistry> StartAsync(bool wantsPassword = false)
    {
        string folder = Directory.CreateTempSubdirectory("kedge-registry-").FullName;
        string passwords = Path.Combine(folder, "htpasswd");
        await File.WriteAllTextAsync(passwords, Htpasswd);
        string config = Path.Combine(folder, "config.yml");
        string auth = wantsPassword ? "auth: {htpasswd: {realm: kedge, path: " + passwords + "}}" : "";
        await File.WriteAllTextAsync(config, string.Join('\n',
            "version: 0.1",
            "log: {level: info, accesslog: {disabled: true}}",
            "storage: {filesystem: {rootdirectory: " + folder + "/data}, delete: {enabled: true}}",
            "http: {addr: '127.0.0.1:0'}",
            auth));
        Process process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", config])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("docker-registry did not start");
        DockerRegistry registry = new(process, folder);
        TaskCompletionSource<int> port = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<string> lines = [];
        void Take(object sender, DataReceivedEventArgs line)
        {
            lock (lines)
            {
                lines.Add(line.Data ?? "");
            }

            if (Listening().Match(line.Data ?? "") is { Success: true } match)
            {
                _ = port.TrySetResult(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
            }
        }

        process.ErrorDataReceived += Take;
        process.OutputDataReceived += Take;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            registry.Port = await port.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            Assert.Fail("docker-registry does not listen:\n" + string.Join('\n', lines));
        }

        return registry;
    }

    /// <summary>Where it keeps a blob.</summary>
    public string BlobPath(string hex) =>
        Path.Combine(_folder, "data/docker/registry/v2/blobs/sha256", hex[..2], hex, "data");

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex("listening on 127\\.0\\.0\\.1:([0-9]+)")]
    private static partial Regex Listening();
}
