using System.Numerics;
using Kedge.Examples.Bearing;

namespace Kedge.Bench.Content;

/// <summary>What the classifier sees of one signal.</summary>
/// <param name="Bins">256 bins of its spectrum and 256 of its envelope's, [512] float32.</param>
/// <param name="Label">The condition, 0..3.</param>
internal sealed record Spectrum(float[] Bins, int Label)
{
    /// <summary>So many signals from a seed, in random order.</summary>
    public static Spectrum[] Take(ulong seed, int count)
    {
        Spectrum[] taken =
            [.. new SignalGenerator(seed, SignalRanges.Field).Take(count).AsParallel().AsOrdered().Select(Of)];
        new Random((int)(seed % int.MaxValue)).Shuffle(taken);
        return taken;
    }

    /// <summary>
    /// One half is the spectrum, the other that of the envelope, in which strikes on a spall show by their rate
    /// (Randall
    /// and Antoni 2011, section 4).
    /// </summary>
    private static Spectrum Of(LabelledSignal signal)
    {
        float[] samples = signal.Samples;
        double[] envelope = new double[samples.Length];
        for (int index = 1; index < samples.Length; index++)
        {
            // A difference lets the ringing pass and holds the shaft back.
            envelope[index] = Math.Abs(samples[index] - samples[index - 1]);
        }

        double mean = envelope.Average();
        float[] bins = new float[ConditionNetwork.Inputs];
        Powers([.. samples.Select(static each => (double)each)], bins.AsSpan(0, bins.Length / 2));
        Powers([.. envelope.Select(each => each - mean)], bins.AsSpan(bins.Length / 2));
        float middle = bins.Average();
        for (int index = 0; index < bins.Length; index++)
        {
            bins[index] -= middle;
        }

        return new Spectrum(bins, (int)signal.Condition);
    }

    /// <summary>The logarithm of the power in the lowest bins.</summary>
    private static void Powers(double[] samples, Span<float> bins)
    {
        Complex[] line = new Complex[samples.Length];
        for (int index = 0; index < line.Length; index++)
        {
            // A Hann window keeps the strong shaft harmonics out of the bins beside them.
            line[index] = samples[index] * (0.5 - (0.5 * Math.Cos(2 * Math.PI * index / line.Length)));
        }

        Transform(line);
        for (int bin = 0; bin < bins.Length; bin++)
        {
            bins[bin] = (float)Math.Log10((line[bin].Magnitude * line[bin].Magnitude) + 1e-3);
        }
    }

    /// <summary>The discrete Fourier transform of 2^n values in place (Cooley and Tukey 1965).</summary>
    private static void Transform(Complex[] line)
    {
        for (int index = 1, other = 0; index < line.Length; index++)
        {
            int bit = line.Length >> 1;
            for (; (other & bit) != 0; bit >>= 1)
            {
                other ^= bit;
            }

            other ^= bit;
            if (index < other)
            {
                (line[index], line[other]) = (line[other], line[index]);
            }
        }

        for (int length = 2; length <= line.Length; length <<= 1)
        {
            Complex turn = Complex.FromPolarCoordinates(1, -2 * Math.PI / length);
            for (int start = 0; start < line.Length; start += length)
            {
                Complex factor = Complex.One;
                for (int index = start; index < start + (length / 2); index++)
                {
                    Complex odd = line[index + (length / 2)] * factor;
                    line[index + (length / 2)] = line[index] - odd;
                    line[index] += odd;
                    factor *= turn;
                }
            }
        }
    }
}
