using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;

namespace Kedge.Store.Conformance.Drivers;

/// <summary>
/// A real PostgreSQL, started for the suite in a folder of its own and reached by a Unix socket in it: no port, nothing
/// shared. It does not flush to disk, since its durability is not what is tested.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public const string Name = "postgres";

    private const string User = "postgres";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private string _programs = "";
    private readonly ConcurrentQueue<string> _said = new();
    private Process? _server;
    private int _databaseCount;

    private string Cluster => _folder.File("cluster");

    public string ConnectionString(string database) =>
        $"Host={_folder.Path};Port=5432;Username={User};Database={database};Maximum Pool Size=20;Timeout=30";

    public async Task InitializeAsync()
    {
        _programs = FindPrograms();
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", User, _folder.Path);
        }

        await RunAsUserAsync(
            "initdb", "-D", Cluster, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        _server = Process.Start(AsUser(
            "postgres", "-D", Cluster, "-k", _folder.Path, "-h", "", "-p", "5432", "-F", "-c", "max_connections=100"));
        Assert.NotNull(_server);
        _server.ErrorDataReceived += (_, said) => KeepLast(said.Data);
        _server.BeginErrorReadLine();
        _server.BeginOutputReadLine();
        await WaitUntilReadyAsync();
    }

    public async Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null)
        {
            await RunAsUserAsync("pg_ctl", "-D", Cluster, "-m", "immediate", "-w", "stop");
            await _server.WaitForExitAsync();
            _server.Dispose();
        }

        _folder.Dispose();
    }

    public async Task<string> CreateDatabaseAsync()
    {
        string name = $"test_{Interlocked.Increment(ref _databaseCount)}";
        await ExecuteAsync($"create database {name}");
        return name;
    }

    public async Task DropDatabaseAsync(string name)
    {
        if (name.Length > 0)
        {
            await ExecuteAsync($"drop database if exists {name} with (force)");
        }
    }

    public async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using NpgsqlConnection connection = new(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string FindPrograms()
    {
        const string Root = "/usr/lib/postgresql";
        string[] found = Directory.Exists(Root)
            ? [.. Directory.GetDirectories(Root).Select(d => Path.Combine(d, "bin"))
                .Where(d => File.Exists(Path.Combine(d, "postgres"))).Order(StringComparer.Ordinal)]
            : [];
        return found.Length > 0
            ? found[^1]
            : throw new InvalidOperationException("PostgreSQL is not installed: run ./test, which installs it");
    }

    private async Task WaitUntilReadyAsync()
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (true)
        {
            Assert.False(_server!.HasExited, $"postgres ended before it was ready: {string.Join('\n', _said)}");
            try
            {
                await ExecuteAsync("select 1");
                return;
            }
            catch (NpgsqlException e) when (waited.Elapsed < Deadline)
            {
                Debug.WriteLine(e.Message);
                await Task.Delay(20);
            }
        }
    }

    private void KeepLast(string? line)
    {
        if (line is not null)
        {
            _said.Enqueue(line);
        }

        while (_said.Count > 50)
        {
            _said.TryDequeue(out _);
        }
    }

    private Task RunAsUserAsync(string program, params string[] arguments) => RunAsync(AsUser(program, arguments));

    private static Task RunAsync(string program, params string[] arguments) =>
        RunAsync(Piped(program, arguments));

    private static async Task RunAsync(ProcessStartInfo start)
    {
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        string said = await output + await errors;
        Assert.True(process.ExitCode == 0, $"{start.FileName} ended with {process.ExitCode}: {said}");
    }

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private ProcessStartInfo AsUser(string program, params string[] arguments)
    {
        string path = Path.Combine(_programs, program);
        string[] line = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid", User, "--regid", User, "--clear-groups", "--", path, .. arguments]
            : [path, .. arguments];
        return Piped(line[0], line[1..]);
    }

    private static ProcessStartInfo Piped(string program, string[] arguments) => new(program, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = "/",
    };
}
