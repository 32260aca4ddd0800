using System.Diagnostics;
using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Imaging;
using Kedge.Inference.Graphs;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Graphs;

/// <summary>
/// Whatever bytes come as an image: pixels within the bound or a refusal, never an exception, and never the end of the
/// process. <c>KEDGE_FUZZ_SEED</c> and <c>KEDGE_FUZZ_SECONDS</c> choose where to begin and how long to go on.
/// </summary>
public sealed class ImageFuzzTests
{
    private const int RoundsMin = 20_000;
    private const int PixelsMax = 100_000;

    /// <summary>What a refusal and its decoder may take beside the pixels, in bytes.</summary>
    private const long AllocatedBytesMax = 16_384;

    private static readonly NativeImages Images = new();

    [Fact]
    public void Changed_images_never_do_more_than_be_refused()
    {
        byte[][] whole =
        [
            .. Directory.GetFiles(ImageTests.Folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
        ];
        Tensor pixels = new();
        Rounds(random =>
        {
            byte[] bytes = Mutated(random, whole);
            ImageTerms terms = new(random.Next(2) == 0 ? 3 : 1, PixelsMax, random.Next(2) == 0);
            pixels.Begin("pixels", TensorType.UInt8);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Finding? fault = Images.Decode(bytes, terms, pixels);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (fault is not null)
            {
                Assert.StartsWith("KEDGE-INFER-05", fault.Code, StringComparison.Ordinal);
                return;
            }

            // Only the tensor grows, to the largest image that it ever held, and it is turned in one more.
            Assert.InRange(allocated, 0, AllocatedBytesMax + (2L * 3 * PixelsMax));
            long[] shape = pixels.Shape.ToArray();
            Assert.Equal(3, shape.Length);
            Assert.InRange(shape[0] * shape[1], 1, PixelsMax);
            Assert.Equal(terms.Channels, shape[2]);
            Assert.Equal(shape[0] * shape[1] * shape[2], pixels.Bytes.Length);
        });
    }

    [Fact]
    public void A_changed_exif_gives_an_orientation_that_there_is()
    {
        byte[] whole = ImageTests.Read("turned6.jpg");
        Assert.Equal(6, ExifOrientation.Of(whole));
        Rounds(random => Assert.InRange(
            ExifOrientation.Of(Mutated(random, [whole[..random.Next(20, 120)]])), 1, 8));
    }

    /// <summary>
    /// Runs rounds, each of its own seed. A decoder that ends the process leaves no exception, so that the seed of the
    /// round under way is in a file until all is well.
    /// </summary>
    private static void Rounds(Action<Random> round)
    {
        string? seconds = Environment.GetEnvironmentVariable("KEDGE_FUZZ_SECONDS");
        TimeSpan length = TimeSpan.FromSeconds(
            seconds is null ? 0 : double.Parse(seconds, CultureInfo.InvariantCulture));
        int first = Environment.GetEnvironmentVariable("KEDGE_FUZZ_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : seconds is null ? 20_261_129 : Environment.TickCount & 0xFFFFFF;
        string underWay = Path.Combine(Path.GetTempPath(), $"kedge-fuzz-images-{Environment.ProcessId}.seed");
        using (FileStream file = new(underWay, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            long started = Stopwatch.GetTimestamp();
            for (int seed = first; seed < first + RoundsMin || Stopwatch.GetElapsedTime(started) < length; seed++)
            {
                file.Position = 0;
                file.Write([.. $"KEDGE_FUZZ_SEED={seed:D10}\n".Select(static letter => (byte)letter)]);
                try
                {
                    round(new Random(seed));
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"KEDGE_FUZZ_SEED={seed} ./dev fuzz 1 replays it", exception);
                }
            }
        }

        File.Delete(underWay);
    }

    private static byte[] Mutated(Random random, byte[][] whole)
    {
        List<byte> bytes = [.. whole[random.Next(whole.Length)]];
        for (int change = random.Next(8); change > 0 && bytes.Count > 4; change--)
        {
            // Headers are short and decide most: half of the changes are theirs.
            int at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 64) : bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(0, random.Next(1, Math.Min(bytes.Count, 40))));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 5:
                    // Lengths and sizes have two bytes or four: the largest, and one that is just too much.
                    bytes[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0x7F;
                    bytes[Math.Min(at + 1, bytes.Count - 1)] = 0xFF;
                    break;
                default:
                    // A piece of another image, as of another kind of scan or of chunk.
                    byte[] other = whole[random.Next(whole.Length)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other.AsSpan(from, Math.Min(random.Next(200), other.Length - from)));
                    break;
            }
        }

        return [.. bytes];
    }
}
