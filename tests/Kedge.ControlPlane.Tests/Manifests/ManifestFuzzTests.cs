using System.Diagnostics;
using System.Globalization;
using System.Text;
using Kedge.ControlPlane.Manifests;
using Kedge.Core.Manifests;

namespace Kedge.ControlPlane.Tests.Manifests;

/// <summary>Whatever stands in a file: an answer, never an exception. <c>KEDGE_FUZZ_SEED</c> and
/// <c>KEDGE_FUZZ_SECONDS</c>
/// choose where to begin and how long to go on.</summary>
public class ManifestFuzzTests
{
    private static readonly string[] _pieces =
    [
        "{", "}", "[", "]", ":", ": ", "- ", "\n", "\n  ", "---\n", "...\n", "&a", "*a", "!!x", "!", "|",
        ">", "'", "\"", "#", "%", "? ", "\t", "\0", "\u0085", "\ud83d\ude00", "<<", "null", "~",
        "99999999999999999999", "-1", "1e999", ".nan", "kind: List", "items:", "spec", "\r", "@", "`", "\\",
        "\"\\x", "apiVersion: kedge.dev/v1\n",
    ];

    [Fact]
    public void Changed_manifests_never_make_the_reader_throw()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("KEDGE_FUZZ_SEED"), out int given)
            ? given
            : 20_250_101;
        string? seconds = Environment.GetEnvironmentVariable("KEDGE_FUZZ_SECONDS");
        TimeSpan budget = TimeSpan.FromSeconds(
            seconds is null ? 0 : double.Parse(seconds, CultureInfo.InvariantCulture));
        long began = Stopwatch.GetTimestamp();
        for (int round = 0; round < 4_000 || Stopwatch.GetElapsedTime(began) < budget; round++)
        {
            string text = Mutate(seed + round);
            try
            {
                ManifestOutcome outcome = ManifestYaml.ReadSet(text);
                Assert.True(outcome is ManifestOutcome.Valid or ManifestOutcome.Invalid { Findings.Length: > 0 });
                _ = ManifestYaml.Read(Encoding.UTF8.GetBytes(text));
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail(
                    $"KEDGE_FUZZ_SEED={seed + round} ./dev fuzz 1 replays this\n{exception}\n--- text\n{text}");
            }
        }
    }

    private static string Mutate(int seed)
    {
        Random random = new(seed);
        StringBuilder text = new(ManifestKinds.All[random.Next(ManifestKinds.All.Length)].Example);
        for (int change = random.Next(1, 12); change > 0 && text.Length > 1; change--)
        {
            int at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 40), text.Length - at));
                    break;
                case 1:
                    text[at] = (char)random.Next(1, 0x300);
                    break;
                case 2:
                    string piece = text.ToString(at, Math.Min(random.Next(1, 60), text.Length - at));
                    text.Insert(random.Next(text.Length), piece);
                    break;
                default:
                    text.Insert(at, _pieces[random.Next(_pieces.Length)]);
                    break;
            }
        }

        return text.ToString();
    }
}
