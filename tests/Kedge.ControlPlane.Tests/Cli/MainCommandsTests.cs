using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Kedge.Cli;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Content.Trust.ModelSigning;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core.Desired;
using Kedge.Core.Models;
using Kedge.Onnx;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>The commands of a user's day, against a real server and a device that says what it is told to.</summary>
public sealed class MainCommandsTests : IAsyncLifetime, IDisposable
{
    private const string Manifest =
        """
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata: {name: adder}
        spec:
          selector: {matchLabels: {line: press}}
          models: [{name: adder, package: "adder:v1"}]
          endpoint: {port: 8500}

        """;

    private readonly CliRun _cli = new();
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(o => o with { ContextFile = _cli.ConfigPath });
        Kedge.Api.ContextDocument.Load(_cli.ConfigPath).With(_server.Context).Save(_cli.ConfigPath);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Push_apply_get_describe_explain_undo_delete()
    {
        await using TestDevice device = await ConnectAsync("press-01", ("line", "press"));
        await using TestDevice other = await ConnectAsync("paint-01", ("line", "paint"));
        await PushAsync("v1", 1);
        await PushAsync("v2", 2);

        string file = _cli.Write("adder.yaml", Manifest);
        Assert.Equal("deployment/adder created, revision 1 (dry run)\n", await OkAsync(
            "apply", "-f", file, "--dry-run"));
        Assert.Equal("deployment/adder created, revision 1\n", await OkAsync("apply", "-f", file));
        Assert.Equal("deployment/adder unchanged, revision 1\n", await OkAsync("apply", "-f", file));
        await ServeAsync(device, 1, "adder:v1");

        Assert.Matches(@"^adder\s+1/1\s+0\s+0\s+1\s+adder:v1\s+loopback:8500\s", await OkAsync(
            "get", "deploy", "--no-headers"));
        Assert.Equal("deployment/adder\n", await OkAsync("get", "deployments", "-o", "name"));
        Assert.Matches(@"press-01\s+Ready\s+now\s+x64\s+1/1\s+no\s", await OkAsync("get", "devices"));
        Assert.Matches(@"line=press", await OkAsync("get", "devices", "-l", "line=press", "-o", "wide"));
        Assert.DoesNotContain(
            "paint-01", await OkAsync("get", "devices", "-l", "line=press"), StringComparison.Ordinal);
        Assert.Matches(
            @"adder\s+press-01\s+http://127.0.0.1:8500\s+serving\s+adder:v1",
            await OkAsync("get", "endpoints"));
        Assert.Contains("deployment/adder serves revision 1", await OkAsync(
            "rollout", "status", "deployment/adder"), StringComparison.Ordinal);
        Assert.Contains("serves revision 1", await OkAsync(
            "wait", "deployment/adder", "--for=serving"), StringComparison.Ordinal);

        string explained = await OkAsync("explain", "deployment", "adder");
        Assert.StartsWith("deployment adder, revision 1: 1 of 2 devices chosen\n", explained, StringComparison.Ordinal);
        Assert.Matches(@"paint-01\s+NotMatched\s.*label line is paint, press is asked", explained);
        Assert.Matches(
            @"adder\s+NotMatched\s.*label line is paint, press is asked",
            await OkAsync("explain", "device", "paint-01"));
        Assert.Matches(@"adder\s+Chosen\s+adder=", await OkAsync("explain", "device/press-01"));
        string described = await DescribeAsync("device", "press-01");
        Assert.Contains("Pid", described, StringComparison.OrdinalIgnoreCase);
        Assert.Matches(@"Not on it:\s+none\n", described);
        Assert.Matches(
            @"On devices:\n\s+DEVICE.*\n\s+press-01\s+serving\s+adder:v1\s+1/",
            await DescribeAsync("deployment", "adder"));
        Assert.Contains("recorded", await DescribeAsync("model", "adder"), StringComparison.Ordinal);

        _cli.Write("adder.yaml", Manifest.Replace("adder:v1", "adder:v2", StringComparison.Ordinal));
        string configured = await OkAsync("apply", "-f", file, "--diff");
        Assert.StartsWith("deployment/adder configured, revision 2\n", configured, StringComparison.Ordinal);
        Assert.Contains("adder:v2", configured, StringComparison.Ordinal);
        await ServeAsync(device, 2, "adder:v2");
        string history = await OkAsync("rollout", "history", "adder");
        Assert.Matches(@"2\s+\*\s.*adder=adder:v2", history);
        Assert.StartsWith("deployment/adder rolled back: revision 3 asks for adder=adder:v1",
            await OkAsync("rollout", "undo", "deployment/adder"), StringComparison.Ordinal);

        Assert.Equal("deployment/adder deleted\n", await OkAsync("delete", "deployment", "adder"));
        CliResult gone = await _cli.RunAsync("get", "deployment", "nope");
        Assert.Equal(ExitCodes.NotFound, gone.Exit);
    }

    [Fact]
    public async Task What_a_device_cannot_run_is_told_with_the_device()
    {
        await using TestDevice silent = await _server.EnrolAsync("press-01", ("line", "press"));
        await PushAsync("v1", 1);
        await OkAsync("apply", "-f", _cli.Write("adder.yaml", Manifest));
        Assert.Matches(
            @"Not on it:\n\s+DEPLOYMENT\s+VERDICT\s+CODE\s+WHY\n\s+adder\s+Rejected\s+KEDGE-PLACE-\d+\s+\w",
            await DescribeAsync("device", "press-01"));
        JsonNode told = JsonNode.Parse(await OkAsync("explain", "device", "press-01", "-o", "json"))!;
        Assert.Equal("adder", told["items"]![0]!["deployment"]!.GetValue<string>());
        CliResult unknown = await _cli.RunAsync("explain", "device", "nope");
        Assert.Equal(ExitCodes.NotFound, unknown.Exit);
        CliResult twice = await _cli.RunAsync("explain", "device", "press-01", "--device", "press-01");
        Assert.Equal(ExitCodes.Usage, twice.Exit);
        Assert.Contains("--device is for deployments", twice.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await _cli.RunAsync("explain", "model", "adder")).Exit);
    }

    [Fact]
    public async Task What_is_printed_as_yaml_can_be_applied_again()
    {
        await PushAsync("v1", 1);
        await OkAsync("apply", "-f", _cli.Write("adder.yaml", Manifest));
        foreach (string form in new[] { "yaml", "json" })
        {
            _cli.Input = await OkAsync("get", "deployment", "adder", "-o", form);
            Assert.Equal("deployment/adder unchanged, revision 1\n", await OkAsync("apply", "-f", "-"));
            _cli.Input = await OkAsync("get", "deployments", "-o", form);
            Assert.Equal("deployment/adder unchanged, revision 1\n", await OkAsync("apply", "-f", "-"));
        }

        JsonNode list = JsonNode.Parse(await OkAsync("get", "deployments", "-o", "json"))!;
        Assert.Equal("adder", list["items"]![0]!["metadata"]!["name"]!.GetValue<string>());
        Assert.Equal(1, list["items"]![0]!["status"]!["revision"]!.GetValue<int>());
    }

    [Fact]
    public async Task Findings_of_the_server_name_file_and_line()
    {
        string good = _cli.Write("m/1.yaml", "apiVersion: kedge.dev/v1\nkind: EnrollmentToken\nmetadata: {name: t}\n");
        string bad = _cli.Write("m/2.yaml", "# first\n" + Manifest);
        CliResult result = await _cli.RunAsync("apply", "-f", good, "-f", bad);
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.StartsWith($"error KEDGE-API-010: {bad}:2: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("t ", await OkAsync("get", "tokens"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_devices_and_labels_are_managed()
    {
        string token = (await OkAsync("token", "create", "--name", "press-09", "--label", "line=press")).Trim();
        await using TestDevice device = new(_server, "press-09");
        await device.EnrolAsync(token);
        Assert.Equal(
            "device/press-09 labeled: hall=3,line=press\n", await OkAsync("device", "label", "press-09", "hall=3"));
        Assert.Equal("device/press-09 labeled: line=press\n", await OkAsync("device", "label", "press-09", "hall-"));
        Assert.Equal("device/press-09 cordoned\n", await OkAsync("device", "cordon", "device/press-09"));
        Assert.Contains("Cordoned", await OkAsync("get", "devices"), StringComparison.Ordinal);
        Assert.Equal("device/press-09 uncordoned\n", await OkAsync("device", "uncordon", "press-09"));
        string replacement = (await OkAsync("device", "replace", "press-09")).Trim();
        await using TestDevice again = new(_server, "press-09");
        await again.EnrolAsync(replacement);
        Assert.Equal("device/press-09 revoked\n", await OkAsync("device", "revoke", "press-09"));

        string named = await OkAsync("token", "create", "--token-name", "spare", "--uses", "3", "-o", "json");
        Assert.Equal(3, JsonNode.Parse(named)!["usesMax"]!.GetValue<int>());
        Assert.Matches(@"spare\s+0/3\s+1h", await OkAsync("token", "list"));
        Assert.Equal("token/spare revoked\n", await OkAsync("token", "revoke", "spare"));
    }

    [Fact]
    public async Task A_credential_is_made_into_a_file_that_its_owner_alone_reads_and_counts_until_it_is_revoked()
    {
        string file = Path.Combine(_cli.Home, "ada.json");
        Assert.Equal(
            "credential/ada created with role viewer\n", await OkAsync("credential", "create", "ada", "--file", file));
        Assert.True(OperatingSystem.IsWindows()
            || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Matches(@"ada\s+viewer", await OkAsync("credential", "list"));
        Kedge.Api.KedgeContext made = Kedge.Api.ContextDocument.Load(file).Find()!;
        Assert.Equal("", made.OwnerFolder);
        Assert.DoesNotContain(made.Token, await OkAsync("credential", "list"), StringComparison.Ordinal);

        _cli.Variables["KEDGE_CONFIG"] = file;
        await OkAsync("get", "devices");
        CliResult refused = await _cli.RunAsync("credential", "create", "eve", "--role", "admin");
        Assert.Contains("KEDGE-AUTH-003", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists("eve.kedge.json"));
        _cli.Variables.Clear();

        CliResult again = await _cli.RunAsync("credential", "create", "bob", "--file", file);
        Assert.Contains("KEDGE-CLI-008", again.Error, StringComparison.Ordinal);
        CliResult nowhere = await _cli.RunAsync("credential", "create", "bob", "--file", "/proc/none/bob.json");
        Assert.Contains("KEDGE-CLI-008", nowhere.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("bob", await OkAsync("credential", "list"), StringComparison.Ordinal);
        CliResult role = await _cli.RunAsync(
            "credential", "create", "bob", "--role", "king", "--file", Path.Combine(_cli.Home, "bob.json"));
        Assert.Contains("KEDGE-AUTH-004", role.Error, StringComparison.Ordinal);

        Assert.Equal("credential/ada revoked\n", await OkAsync("credential", "revoke", "ada"));
        _cli.Variables["KEDGE_CONFIG"] = file;
        Assert.Contains(
            "KEDGE-AUTH-002", (await _cli.RunAsync("get", "devices")).Error, StringComparison.Ordinal);
        _cli.Variables.Clear();
        Assert.Equal(ExitCodes.NotFound, (await _cli.RunAsync("credential", "revoke", "ada")).Exit);
    }

    [Fact]
    public async Task The_owner_key_allows_and_revokes_keys_that_sign_models()
    {
        string key = Path.Combine(_server.Options.OwnerFolder, "model-signing.key");
        string shown = await OkAsync("policy", "show");
        string id = Kedge.Core.Digest.Of(_server.ModelKey().ExportSubjectPublicKeyInfo()).Hex[..12];
        Assert.Contains(id, shown, StringComparison.Ordinal);
        string signed = await OkAsync("policy", "sign", "--revoke-key", id, "--reason", "stolen");
        Assert.Equal(
            "signingpolicy/models is at version 2\n",
            await OkAsync("policy", "apply", "-f", _cli.Write("policy.yaml", signed)));
        Assert.Matches($@"2\s+{id}\s+\*\s+yes\s+stolen", await OkAsync("get", "signingpolicies"));
        string model = WriteModel(1);
        CliResult refused = await _cli.RunAsync("model", "push", model, "--name", "adder", "--key", key);
        Assert.Equal(ExitCodes.Refused, refused.Exit);
    }

    [Fact]
    public async Task The_owner_key_changes_and_a_cut_off_change_goes_on()
    {
        string folder = _server.Options.OwnerFolder;
        string before = await File.ReadAllTextAsync(Path.Combine(folder, "owner.key"));
        string said = await OkAsync("policy", "rotate-owner");
        Assert.Matches("^owner key sha256:[0-9a-f]{64} counts as version 2; [0-9a-f]{12} counts no more\n$", said);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(folder, "owner.v1.key")));
        Assert.NotEqual(before, await File.ReadAllTextAsync(Path.Combine(folder, "owner.key")));
        Assert.Contains(", version 2\n", await OkAsync("version"), StringComparison.Ordinal);
        string pushed = await OkAsync("model", "push", WriteModel(5), "--name", "adder");
        Assert.StartsWith("model/adder pushed", pushed, StringComparison.Ordinal);

        // The old key signs nothing any more, the new one does.
        string old = Path.Combine(folder, "owner.v1.key");
        CliResult refused = await _cli.RunAsync(
            "policy", "sign", "--expires", "300d", "--owner-key", old, "--apply");
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        Assert.Contains("KEDGE-CLI-042", (await _cli.RunAsync(
            "server", "keys", "--add", old, "--owner-key", old)).Error, StringComparison.Ordinal);
        Assert.Equal(
            "signingpolicy/models is at version 3\n", await OkAsync("policy", "sign", "--expires", "300d", "--apply"));

        // Cut off after the server took the change: what is left is done by the same command.
        using ECDsa next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string named = _cli.Write("next.key", next.ExportPkcs8PrivateKeyPem());
        using ECDsa current = Kedge.ControlPlane.Auth.KeyFile.ReadKey(Path.Combine(folder, "owner.key"));
        string step = System.Text.Encoding.UTF8.GetString(OwnerKeyDocument.Sign(3, current, next));
        _ = await _server.Client.PutSigningPolicyAsync(step, _server.Ct);
        Assert.Contains("counts as version 3", await OkAsync(
            "policy", "rotate-owner", "--new-key", named), StringComparison.Ordinal);
        Assert.Contains("version 4, expires 20", await OkAsync("version"), StringComparison.Ordinal);
        Assert.Contains("counts as version 3", await OkAsync(
            "policy", "rotate-owner", "--new-key", named), StringComparison.Ordinal);

        string stranger = _cli.Write("stranger.key", ECDsa.Create(ECCurve.NamedCurves.nistP256)
            .ExportPkcs8PrivateKeyPem());
        Assert.Contains("KEDGE-CLI-042", (await _cli.RunAsync(
            "policy", "rotate-owner", "--owner-key", stranger, "--new-key", old)).Error, StringComparison.Ordinal);
        Assert.Contains("KEDGE-CLI-042", (await _cli.RunAsync(
            "policy", "rotate-owner", "--owner-key", named, "--new-key", named)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_and_its_keys_have_ends_that_are_shown_and_kept()
    {
        string key = _cli.Write("team.pub", ECDsa.Create(ECCurve.NamedCurves.nistP256)
            .ExportSubjectPublicKeyInfoPem());
        _ = await OkAsync("policy", "sign", "--allow-key", key, "--models", "pump-*", "--apply",
            "--expires", "2099-06-01T00:00:00Z", "--key-ends", "2098-01-01T00:00:00Z");
        string shown = await OkAsync("policy", "show");
        Assert.Contains("expiresAt: \"2099-06-01T00:00:00Z\"", shown, StringComparison.Ordinal);
        Assert.Contains("notAfter: \"2098-01-01T00:00:00Z\"", shown, StringComparison.Ordinal);
        string list = await OkAsync("get", "signingpolicies");
        Assert.Matches(@"\*\s+no\s+.*2099-06-01T00:00:00Z", list);
        Assert.Matches(@"pump-\*\s+no\s+.*2098-01-01T00:00:00Z", list);

        // What is shown can be edited and signed again, and a change of keys leaves the end as it is.
        string edited = shown.Replace("version: 2", "version: 3", StringComparison.Ordinal);
        _ = await OkAsync("policy", "sign", "-f", _cli.Write("policy.yaml", edited), "--apply");
        _ = await OkAsync("policy", "sign", "--allow-key", key, "--apply");
        Assert.Contains("version 4, expires 2099-06-01T00:00:00Z", await OkAsync("version"), StringComparison.Ordinal);
        _ = await OkAsync("policy", "sign", "--expires", "never", "--apply");
        Assert.Contains("version 5, does not expire", await OkAsync("version"), StringComparison.Ordinal);

        CliResult past = await _cli.RunAsync("policy", "sign", "--expires", "2001-01-01T00:00:00Z");
        Assert.Equal(ExitCodes.Usage, past.Exit);
        string wrong = edited.Replace("2099-06-01T00:00:00Z", "1 June 2099", StringComparison.Ordinal);
        CliResult refused = await _cli.RunAsync("policy", "sign", "-f", _cli.Write("wrong.yaml", wrong));
        Assert.Contains("is not a point in time as 2027-06-01T00:00:00Z", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_owner_key_changes_which_keys_sign_desired_states()
    {
        string data = _server.Options.DataFolder;
        Assert.Matches(@"^VERSION\s+KEY\n1\s+sha256:[0-9a-f]{64}\n$", await OkAsync("server", "keys"));
        using var spare = System.Security.Cryptography.ECDsa.Create(
            System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        string file = _cli.Write("spare.pem", spare.ExportSubjectPublicKeyInfoPem());
        Assert.Equal("keys of desired states are at version 2\n", await OkAsync("server", "keys", "--add", file));
        string id = Kedge.Core.Digest.Of(spare.ExportSubjectPublicKeyInfo()).Hex[..8];
        Assert.Equal(
            "keys of desired states are at version 3\n",
            await OkAsync("server", "keys", "--drop", id, "--add", Path.Combine(data, "desired.key")));
        Assert.DoesNotContain(id, await OkAsync("server", "keys"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Golden_samples_that_disagree_are_refused_unless_somebody_insists()
    {
        string golden = _cli.Write("golden.json", """
            {"schema": 1, "samples": [{
              "inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}],
              "outputs": [{"name": "y", "datatype": "FP32", "shape": [2], "data": [7, 8]}]}]}
            """);
        string model = WriteModel(1);
        string[] push = ["model", "push", model, "--name", "adder", "--tag", "v9", "--golden", golden];
        CliResult refused = await _cli.RunAsync(push);
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        Assert.StartsWith(
            "error KEDGE-CLI-014: 0 of 1 samples agree, 1 must: Sample 0: output 'y': element 0 is 2, expected 7",
            refused.Error,
            StringComparison.Ordinal);
        Assert.Contains("not checked here", await OkAsync([.. push, "--skip-golden-check"]), StringComparison.Ordinal);
        Assert.Contains("author", await OkAsync("model", "show", "adder:v9"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_are_tagged_listed_and_removed()
    {
        await PushAsync("v1", 1);
        string[] again = ["model", "push", WriteModel(1), "--name", "adder", "--tag", "v1", "--skip-golden-check"];
        CliResult moved = await _cli.RunAsync(again);
        Assert.Equal(ExitCodes.Refused, moved.Exit);
        Assert.StartsWith("error KEDGE-CLI-060: adder:v1 is sha256:", moved.Error, StringComparison.Ordinal);
        Assert.Contains("pushed", await OkAsync([.. again, "--force"]), StringComparison.Ordinal);
        Assert.Matches(@"^adder:stable = sha256:[0-9a-f]{64}\n$", await OkAsync("model", "tag", "adder:v1", "stable"));
        Assert.Matches(@"adder\s+stable,v1\s", await OkAsync("model", "list"));
        CliResult unknown = await _cli.RunAsync("model", "show", "adder:stabel");
        Assert.Equal(ExitCodes.NotFound, unknown.Exit);
        Assert.Contains("did you mean stable?", unknown.Error, StringComparison.Ordinal);
        Assert.Contains("removed", await OkAsync("model", "rm", "adder:stable"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollout_that_only_has_problems_ends_with_them()
    {
        await using TestDevice device = await ConnectAsync("press-01", ("line", "press"));
        await PushAsync("v1", 1);
        await OkAsync("apply", "-f", _cli.Write("adder.yaml", Manifest));
        DesiredState state = await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        await device.ReportStatusAsync(state.Generation.Value, new WorkloadStatus
        {
            Name = "adder",
            Phase = "waiting",
            TargetRevision = 1,
            TargetRelease = state.Workloads[0].Digest.ToString(),
            Problem = new ProblemMessage("KEDGE-SERVE-010", "the golden samples were missed"),
        });
        CliResult result = await _cli.RunAsync("rollout", "status", "adder", "--timeout", "60s");
        Assert.Equal(ExitCodes.Failed, result.Exit);
        Assert.Contains(
            "press-01: KEDGE-SERVE-010: the golden samples were missed",
            result.Error,
            StringComparison.Ordinal);
        Assert.Contains("error KEDGE-CLI-016: 0 of 1 devices serve revision 1", result.Error, StringComparison.Ordinal);
        CliResult late = await _cli.RunAsync("rollout", "status", "adder", "--watch", "false");
        Assert.Equal(ExitCodes.TimedOut, late.Exit);
    }

    [Fact]
    public async Task A_backup_of_a_running_server_is_restored_and_served_again()
    {
        await PushAsync("v1", 1);
        await OkAsync("apply", "-f", _cli.Write("adder.yaml", Manifest));
        string file = Path.Combine(_cli.Home, "backup.tar");
        Assert.StartsWith(file, await OkAsync("server", "backup", file, "--content"), StringComparison.Ordinal);
        CliResult twice = await _cli.RunAsync("server", "backup", file);
        Assert.Equal(ExitCodes.Failed, twice.Exit);
        string folder = Path.Combine(_cli.Home, "restored");
        Assert.Contains(
            $"kedge server --data {folder}",
            await OkAsync("server", "restore", file, "--data", folder),
            StringComparison.Ordinal);
        string withKeys = Path.Combine(_cli.Home, "keys.tar");
        string data = _server.Options.DataFolder;
        Assert.Contains(
            "with the server's keys",
            await OkAsync("server", "backup", withKeys, "--content", "--data", data),
            StringComparison.Ordinal);
        twice = await _cli.RunAsync("server", "backup", withKeys, "--data", data);
        Assert.Equal(ExitCodes.Failed, twice.Exit);
        string whole = Path.Combine(_cli.Home, "whole");
        await OkAsync("server", "restore", withKeys, "--data", whole);
        Assert.True(File.Exists(Path.Combine(whole, "intermediate.key")));
        Assert.False(File.Exists(Path.Combine(folder, "intermediate.key")));
        CliResult nobody = await _cli.RunAsync(
            "server", "backup", Path.Combine(_cli.Home, "none.tar"), "--data", _cli.Home);
        Assert.Contains("KEDGE-SERVER-003", nobody.Error, StringComparison.Ordinal);
        CliResult occupied = await _cli.RunAsync("server", "restore", file, "--data", folder);
        Assert.Contains("KEDGE-SERVER-006", occupied.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_shows_what_is_there_and_then_each_change()
    {
        using CancellationTokenSource stop = new();
        using StringWriter output = new();
        using StringWriter error = new();
        CliWorld world = _cli.World(output, error);
        Task<int> watch = KedgeCommand.RunAsync(["get", "devices", "-w"], world, stop.Token);
        await using TestDevice device = await _server.EnrolAsync("press-01", ("line", "press"));
        string Shown()
        {
            lock (world.Out)
            {
                return output.ToString();
            }
        }

        await _server.UntilAsync(
            () => Task.FromResult(Shown()), text => text.Contains("press-01", StringComparison.Ordinal));
        await OkAsync("device", "cordon", "press-01");
        await _server.UntilAsync(
            () => Task.FromResult(Shown()), text => text.Contains("Cordoned", StringComparison.Ordinal));
        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Interrupted, await watch);
        Assert.Single(Shown().Split("NAME").Skip(1));
    }

    private async Task<string> OkAsync(params string[] arguments)
    {
        CliResult result = await _cli.RunAsync(arguments);
        Assert.True(result.Exit == ExitCodes.Ok, $"kedge {string.Join(' ', arguments)}: {result.Exit}\n{result.All}");
        return result.Out;
    }

    private Task<string> DescribeAsync(string kind, string name) => OkAsync("describe", kind, name);

    private async Task<TestDevice> ConnectAsync(string name, params (string, string)[] labels)
    {
        TestDevice device = await _server.EnrolAsync(name, labels);
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        return device;
    }

    private async Task ServeAsync(TestDevice device, long revision, string package)
    {
        DesiredState state = await device.UntilDesiredAsync(
            s => s.Workloads.Length == 1 && s.Workloads[0].Revision == revision);
        await device.ReportStatusAsync(state.Generation.Value, new WorkloadStatus
        {
            Name = "adder",
            Phase = "serving",
            TargetRevision = revision,
            TargetRelease = state.Workloads[0].Digest.ToString(),
            ServingRevision = revision,
            ServingRelease = state.Workloads[0].Digest.ToString(),
            ServingPackages = [package],
            Endpoint = "http://127.0.0.1:8500",
            Pid = 4242,
        });
    }

    [Fact]
    public async Task A_package_carries_the_authors_signature_and_ours_for_who_takes_it_elsewhere()
    {
        string model = WriteModel(3);
        using ECDsa author = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        string key = _cli.Write("author.key", author.ExportPkcs8PrivateKeyPem());
        _ = await OkAsync("model", "sign", model, "--key", key);
        string signature = model + ".sig";
        _ = await OkAsync("model", "push", model, "--name", "adder", "--tag", "v3",
            "--signature", signature, "--signature-key", key);
        string text = await OkAsync("model", "show", "adder:v3", "--envelope");
        Assert.True(Dsse.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out DsseEnvelope? envelope, out _));
        Assert.Equal(2, envelope!.ModelSignatures.Length);
        Assert.Equal(await File.ReadAllBytesAsync(signature), envelope.ModelSignatures[1].ToArray());

        // Ours verifies as any other signature does, over the files in a folder by their paths in the package.
        using ECDsa signer = Kedge.ControlPlane.Auth.KeyFile.ReadKey(
            new Kedge.ControlPlane.Auth.OwnerPaths(_server.Options.OwnerFolder).ModelSigningKey);
        Assert.True(PackageFormat.TryRead(envelope.Payload.Span, out PackageManifest? manifest, out _));
        Assert.True(EllipticKey.TryParsePem(signer.ExportSubjectPublicKeyInfoPem(), out EllipticKey? verifier));
        using (verifier)
        {
            var verified = Assert.IsType<ModelSignatureOutcome.Verified>(
                ModelSignature.Verify(envelope.ModelSignatures[0].Span, verifier));
            Assert.Equal(
                manifest!.AllFiles().Select(one => one.Path).Order(StringComparer.Ordinal),
                verified.Statement.Resources.Select(one => one.Name).Order(StringComparer.Ordinal));
        }

        CliResult other = await _cli.RunAsync("model", "push", WriteModel(4), "--name", "adder",
            "--signature", signature, "--signature-key", key);
        Assert.Equal(ExitCodes.Refused, other.Exit);
        Assert.Contains("KEDGE-TRUST-018", other.Error, StringComparison.Ordinal);
    }

    private async Task PushAsync(string tag, float addend)
    {
        string pushed = await OkAsync("model", "push", WriteModel(addend), "--name", "adder", "--tag", tag);
        Assert.Matches(@"^model/adder pushed: sha256:", pushed);
        Assert.Contains("8 golden samples recorded", pushed, StringComparison.Ordinal);
    }

    /// <summary>A model with a dynamic axis that adds a number.</summary>
    private string WriteModel(float addend)
    {
        byte[] model = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "adder",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1)],
            Initializers = [OnnxTensor.Of("addend", [1], [addend])],
            Nodes = [new OnnxNodeSpec("Add", ["x", "addend"], ["y"])],
        });
        string path = Path.Combine(_cli.Home, $"adder-{addend}.onnx");
        File.WriteAllBytes(path, model);
        return path;
    }
}
