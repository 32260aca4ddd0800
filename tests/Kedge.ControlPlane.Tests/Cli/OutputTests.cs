using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Kedge.Cli;
using Kedge.Cli.Commands;
using Kedge.Cli.Output;
using Kedge.Content.Trust;
using Kedge.Core.Models;

namespace Kedge.ControlPlane.Tests.Cli;

public class OutputTests
{
    [Fact]
    public void A_table_is_as_wide_as_its_cells_and_shows_a_hyphen_for_nothing()
    {
        TextTable table = new("NAME", "STATUS", "LAST SEEN");
        table.Add("press-01", "Ready", "now");
        table.Add("p", "Offline", "");
        table.Add("größe", "Ready", "3d");
        Assert.Equal(
            """
            NAME       STATUS    LAST SEEN
            press-01   Ready     now
            p          Offline   -
            größe      Ready     3d

            """,
            table.Render(colour: false));
        Assert.Contains("\u001b[32mReady\u001b[0m     now", table.Render(colour: true), StringComparison.Ordinal);
        Assert.StartsWith("press-01", table.Render(colour: false, withHeadings: false), StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_from_a_device_cannot_write_to_the_terminal()
    {
        TextTable table = new("MESSAGE");
        table.Add("a\u001b[2Jb\r\nc");
        Assert.Equal("MESSAGE\na?[2Jb? c\n", table.Render(colour: false));
    }

    [Theory]
    [InlineData(-1, "never")]
    [InlineData(0, "0s")]
    [InlineData(119_999, "119s")]
    [InlineData(180_000, "3m")]
    [InlineData(12_000_000, "3h20m")]
    [InlineData(90_000_000, "25h")]
    [InlineData(500_000_000, "5d")]
    public void Ages_are_short(long milliseconds, string expected) => Assert.Equal(expected, Ages.Ago(milliseconds));

    [Theory]
    [InlineData(17, "17 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(5L << 30, "5.0 GiB")]
    public void Bytes_are_short(long bytes, string expected) => Assert.Equal(expected, Ages.Bytes(bytes));

    [Fact]
    public void The_same_object_is_written_as_json_and_as_yaml()
    {
        JsonObject node = new()
        {
            ["name"] = "a: b",
            ["count"] = 3,
            ["share"] = 0.5,
            ["on"] = true,
            ["none"] = null,
            ["items"] = new JsonArray("x", "1"),
            ["deep"] = new JsonArray(new JsonObject { ["k"] = "v", ["l"] = new JsonArray() }),
        };
        Assert.Equal(
            """
            name: "a: b"
            count: 3
            share: 0.5
            "on": true
            none: null
            items: [x, "1"]
            deep:
            - k: v
              l: []

            """,
            NodeText.Write(node, OutputFormat.Yaml));
        Assert.True(JsonNode.DeepEquals(node, JsonNode.Parse(NodeText.Write(node, OutputFormat.Json))));
    }

    [Theory]
    [InlineData("a b c", "b c d e", "d e")]
    [InlineData("a b c", "a b c", "")]
    [InlineData("", "a b", "a b")]
    [InlineData("x y", "a b", "a b")]
    [InlineData("a a", "a a a", "")]
    [InlineData("b c", "a b c d", "d")]
    public void New_lines_of_a_log_are_those_behind_the_longest_overlap(string before, string now, string expected) =>
        Assert.Equal(expected, string.Join(' ', LogTail.NewLines(Words(before), Words(now)).ToArray()));

    [Fact]
    public void The_next_policy_allows_and_revokes_keys_and_is_one_version_on()
    {
        using ECDsa old = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string file = Path.GetTempFileName();
        File.WriteAllText(file, fresh.ExportSubjectPublicKeyInfoPem());
        SigningPolicyDocument current = new() { Version = 4, Rules = [RuleOf(old)] };
        SigningPolicyDocument next = PolicyChange.Apply(
            current, [file], [TrustedKey.Of(old).KeyId.Hex[..10]], (["bearing,press-*"], "rotated"), (null, 0));
        Assert.Equal(5, next.Version);
        Assert.Equal([true, false], next.Rules.Select(rule => rule.Revoked));
        Assert.Equal(["bearing", "press-*"], next.Rules[1].Models.AsEnumerable());
        Assert.Empty(SigningPolicyCheck.Findings(next));
        CliException unknown = Assert.Throws<CliException>(
            () => PolicyChange.Apply(current, [], ["0123456789"], ([], ""), (null, 0)));
        Assert.Equal(ExitCodes.NotFound, unknown.ExitCode);
        File.Delete(file);
    }

    private static PolicyRule RuleOf(ECDsa key) => new()
    {
        KeyId = TrustedKey.Of(key).KeyId,
        PublicKey = TrustedKey.Of(key).PublicKey,
        Models = ImmutableArray.Create("*"),
    };

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
