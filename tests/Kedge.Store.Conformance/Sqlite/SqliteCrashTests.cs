using System.Diagnostics;
using System.Globalization;
using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;
using Kedge.Store.Sqlite;

namespace Kedge.Store.Conformance.Sqlite;

public sealed class SqliteCrashTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TenantId Home = TenantId.Default;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_that_was_answered_is_lost_when_the_process_is_killed()
    {
        string path = _folder.File("store.db");
        long acknowledged = 0;
        for (int round = 0; round < 3; round++)
        {
            acknowledged = await WriteUntilKilledAsync(path, answers: 15 + (round * 10));
            Assert.Equal("", SqliteStore.CheckFile(path));
            (long first, long second) = await SequencesAsync(path);
            Assert.Equal(first, second);
            Assert.True(first >= acknowledged, $"{acknowledged} were answered, {first} are there");
        }
    }

    [Fact]
    public async Task A_log_that_ends_anywhere_opens_at_a_whole_commit()
    {
        string path = _folder.File("store.db");
        string cut = _folder.File("cut.db");
        await using (SqliteStore store = SqliteStore.Open(path, TimeProvider.System))
        {
            await StoreWriter.EnrolAsync(store);
            for (int sequence = 1; sequence <= 20; sequence++)
            {
                await StoreWriter.CommitAsync(store, sequence);
            }

            File.Copy(path, cut + ".main");
            File.Copy(path + "-wal", cut + ".log");
        }

        byte[] log = await File.ReadAllBytesAsync(cut + ".log");
        long last = -1;
        for (int length = 0; length <= log.Length; length += (log.Length / 40) + 1)
        {
            File.Copy(cut + ".main", cut, overwrite: true);
            File.Delete(cut + "-shm");
            await File.WriteAllBytesAsync(cut + "-wal", log[..length]);
            (long first, long second) = await SequencesAsync(cut);
            Assert.Equal(first, second);
            Assert.True(first >= last, $"{length} bytes of the log hold {first}, fewer held {last}");
            last = first;
        }

        Assert.True(last > 10, $"most of the log holds only {last}");
    }

    private static async Task<long> WriteUntilKilledAsync(string path, int answers)
    {
        ProcessStartInfo start = new("dotnet", [typeof(StoreWriter).Assembly.Location, StoreWriter.Verb, path])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        long acknowledged = 0;
        try
        {
            for (int answer = 0; answer < answers; answer++)
            {
                string? line = await process.StandardOutput.ReadLineAsync();
                Assert.NotNull(line);
                acknowledged = long.Parse(line, CultureInfo.InvariantCulture);
            }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        return acknowledged;
    }

    /// <summary>Sequences of the two devices, which every commit moves together; zero before they enrolled.</summary>
    private static async Task<(long First, long Second)> SequencesAsync(string path)
    {
        await using SqliteStore store = SqliteStore.Open(path, TimeProvider.System);
        Page<DeviceRow> page = await store.Devices.ListAsync(Home, new DeviceQuery(), None);
        long Of(string name) => page.Items.FirstOrDefault(d => d.Id.ToString() == name)?.LastSequence ?? 0;
        return (Of("d1"), Of("d2"));
    }
}
