using System.Formats.Tar;
using System.Net;
using System.Net.Sockets;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Backup;
using Kedge.Core.Desired;
using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Tests.Server;

public class RestartTests
{
    [Fact]
    public async Task A_restart_keeps_keys_devices_packages_and_deployments()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.DeployAsync();
        await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        string root = (await server.Client.GetServerAsync(server.Ct)).Root;

        await server.RestartAsync();
        Assert.False(server.Host.WasFirstStart);
        Assert.Equal(root, (await server.Client.GetServerAsync(server.Ct)).Root);
        Assert.False((await server.Client.GetDeviceAsync("press-1", server.Ct)).Connected);
        device.Received.Clear();
        await device.ConnectAsync();
        DesiredState again = await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        Assert.Equal(1, again.Generation.Value); // nothing was planned anew
        using HttpClient http = device.Http();
        await http.GetByteArrayAsync($"/v1/packages/{again.Workloads[0].Models[0].Package}", server.Ct);
    }

    [Fact]
    public async Task A_first_start_that_was_cut_off_is_finished_by_the_next()
    {
        string folder = Directory.CreateTempSubdirectory("kedge-cut-").FullName;
        try
        {
            ServerOptions options = new()
            {
                DataFolder = Path.Combine(folder, "data"),
                OwnerFolder = Path.Combine(folder, "owner"),
                ContextFile = Path.Combine(folder, "contexts.json"),
            };
            KeyFile.CreateFolder(options.DataFolder);
            Assert.True(FirstStart.EnsureKeys(options, TimeProvider.System.GetUtcNow()));
            await using TestServer server = await TestServer.StartAsync(folder: folder);
            Assert.True(server.Host.WasFirstStart);
            await using TestDevice device = await server.EnrolAsync("press-1");
            await device.ConnectAsync();
            await server.RestartAsync();
            Assert.False(server.Host.WasFirstStart);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_second_server_on_the_folder_a_taken_port_and_bad_options_are_refused_with_codes()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FailsAsync("KEDGE-SERVER-002", server.Options);
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        string folder = Path.Combine(server.Folder, "second");
        ServerOptions second = server.Options with
        {
            DataFolder = Path.Combine(folder, "data"),
            OwnerFolder = Path.Combine(folder, "owner"),
            ContextFile = Path.Combine(folder, "contexts.json"),
        };
        await FailsAsync("KEDGE-SERVER-004", second with { LinkPort = port });
        await FailsAsync("KEDGE-SERVER-004", second with { HttpsPort = port });
        await FailsAsync("KEDGE-SERVER-001", second with { HttpsPort = -1, DevicesMax = 0, Names = ["not a name"] });
        await FailsAsync("KEDGE-SERVER-001", second with { OwnerFolder = second.DataFolder });
        await FailsAsync("KEDGE-SERVER-008", second with { OwnerFolder = server.Options.OwnerFolder });

        async Task FailsAsync(string code, ServerOptions options)
        {
            KedgeException refused =
                await Assert.ThrowsAsync<KedgeException>(() => ControlPlaneHost.StartAsync(options, server.Ct));
            Assert.Equal(code, refused.Finding.Code);
        }
    }

    [Fact]
    public async Task After_a_restore_the_next_generation_is_above_what_the_device_holds()
    {
        string restored = Directory.CreateTempSubdirectory("kedge-restored-").FullName;
        try
        {
            await using TestServer server = await TestServer.StartAsync();
            await using TestDevice device = await server.DeployAsync();
            await device.UntilDesiredAsync(s => s.Generation.Value == 1);
            string tar = Path.Combine(restored, "backup.tar");
            await BackUpAsync(server, tar);
            for (int port = 8501; port < 8504; port++)
            {
                string changed = MainPathTests.Manifest.Replace("8500", $"{port}", StringComparison.Ordinal);
                await server.Client.ApplyAsync(changed, false, false, server.Ct);
                await device.UntilDesiredAsync(s => s.Workloads[0].Endpoint.Port == port);
            }

            DesiredState held = device.Desired()!;
            Assert.Equal(4, held.Generation.Value);
            await server.Host.DisposeAsync();

            await ServerBackup.RestoreAsync(tar, Path.Combine(restored, "data"), server.Ct);
            Directory.Move(server.Options.OwnerFolder, Path.Combine(restored, "owner"));
            File.Copy(server.Options.ContextFile, Path.Combine(restored, "contexts.json"));
            await using TestServer second = await TestServer.StartAsync(folder: restored);
            await using TestDevice again = device.On(second);
            await again.ConnectAsync();
            await again.ReportStatusAsync(held.Generation.Value);
            DesiredState state = await again.UntilDesiredAsync(s => s.Generation.Value > 4);
            Assert.Equal(8500, state.Workloads[0].Endpoint.Port);
        }
        finally
        {
            Directory.Delete(restored, recursive: true);
        }
    }

    [Fact]
    public async Task A_backup_that_was_cut_or_changed_is_not_restored()
    {
        await using TestServer server = await TestServer.StartAsync();
        string tar = Path.Combine(server.Folder, "backup.tar");
        await BackUpAsync(server, tar);
        byte[] whole = await File.ReadAllBytesAsync(tar, server.Ct);
        string target = Path.Combine(server.Folder, "target");

        await File.WriteAllBytesAsync(tar, whole[..(whole.Length / 2)], server.Ct);
        await FailsAsync("KEDGE-SERVER-005");
        byte[] changed = [.. whole];
        changed[whole.Length / 3] ^= 0xFF;
        await File.WriteAllBytesAsync(tar, changed, server.Ct);
        await FailsAsync("KEDGE-SERVER-005");
        Assert.False(Directory.Exists(target));
        await File.WriteAllBytesAsync(tar, whole, server.Ct);
        await ServerBackup.RestoreAsync(tar, target, server.Ct);
        await FailsAsync("KEDGE-SERVER-006");

        async Task FailsAsync(string code)
        {
            KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
                () => ServerBackup.RestoreAsync(tar, target, server.Ct));
            Assert.Equal(code, refused.Finding.Code);
        }
    }

    [Fact]
    public async Task A_database_without_its_keys_never_gets_new_authorities()
    {
        string folder = Directory.CreateTempSubdirectory("kedge-restored-").FullName;
        try
        {
            await using (TestServer server = await TestServer.StartAsync())
            {
                string tar = Path.Combine(folder, "backup.tar");
                await BackUpAsync(server, tar);
                await ServerBackup.RestoreAsync(tar, Path.Combine(folder, "data"), server.Ct);
            }

            foreach (string key in Directory.GetFiles(Path.Combine(folder, "data"), "*.key"))
            {
                File.Delete(key);
            }

            File.Delete(Path.Combine(folder, "data", "first-start-complete"));
            KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
                async () => await TestServer.StartAsync(folder: folder));
            Assert.Equal(ServerErrors.KeysMissing.Code, refused.Finding.Code);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_backup_over_the_network_never_holds_a_key_and_one_of_the_data_folder_holds_them_all()
    {
        await using TestServer server = await TestServer.StartAsync();
        ServerPaths paths = new(server.Options.DataFolder);
        string local = Path.Combine(server.Folder, "local.tar");
        await BackUpAsync(server, local);
        Assert.Equal(
            paths.KeyFiles.Where(File.Exists).Select(f => "keys/" + Path.GetFileName(f)).Order(),
            Entries(local).Where(static e => e.StartsWith("keys/", StringComparison.Ordinal)).Order());
        Assert.True(OperatingSystem.IsWindows()
            || File.GetUnixFileMode(local) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));

        string remote = Path.Combine(server.Folder, "remote.tar");
        using HttpClient http = server.Bare();
        http.DefaultRequestHeaders.Authorization = new("Bearer", server.Context.Token);
        byte[] body = await http.GetByteArrayAsync("/api/v1/backup?keys=true", server.Ct);
        await File.WriteAllBytesAsync(remote, body, server.Ct);
        Assert.Equal(["checksums.json", "store/kedge.db"], Entries(remote).Order());
        string text = System.Text.Encoding.Latin1.GetString(body);
        Assert.DoesNotContain("PRIVATE KEY", text, StringComparison.Ordinal);
    }

    private static List<string> Entries(string tar)
    {
        using FileStream file = File.OpenRead(tar);
        using TarReader reader = new(file);
        List<string> names = [];
        while (reader.GetNextEntry() is { } entry)
        {
            names.Add(entry.Name);
        }

        return names;
    }

    private static Task BackUpAsync(TestServer server, string tar) =>
        ServerBackup.WriteLocalAsync(server.Options.DataFolder, tar, content: true, server.Ct);
}
