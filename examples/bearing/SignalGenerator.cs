using Kedge.Core;

namespace Kedge.Examples.Bearing;

/// <summary>
/// Makes windows of vibration as an accelerometer on a bearing housing gives them. The model is the standard one
/// (Randall and Antoni 2011, sections 2 and 3): each strike on a spall excites a resonance of the structure, which
/// rings and decays,
/// <code>
/// x(t) = sum over k of H_k sin(2 pi k f t + p_k)
///      + sum over i of A_i e^(-b (t - t_i)) sin(2 pi r (t - t_i))
///      + n(t)
/// </code>
/// with the shaft at f = 25..35 Hz and three harmonics H of imbalance and misalignment, a resonance r = 3..4 kHz that
/// decays at b, and white noise n. Strikes come at t_i+1 = t_i + T (1 + j) with T from <see cref="BearingGeometry"/>
/// and a slip j of about one per cent, which makes the series pseudo-cyclostationary. Their strength A_i follows the
/// load: steady for the outer race, once a turn of the shaft for the inner race, once a turn of the cage for a ball,
/// whose strikes on the two races differ. Same seed, same signals.
/// </summary>
public sealed class SignalGenerator(ulong seed, SignalRanges ranges)
{
    /// <summary>Samples in one second.</summary>
    public const int SampleRateHz = 12_000;

    /// <summary>Samples in one window: 85 ms, two to three turns of the shaft.</summary>
    public const int WindowSamples = 1024;

    /// <summary>Conditions that are told apart.</summary>
    public const int ConditionCount = 4;

    private const double SlipDeviation = 0.01;
    private const double WindowSeconds = (double)WindowSamples / SampleRateHz;

    private readonly Rng _rng = new(seed);

    /// <summary>So many signals, the conditions in turn.</summary>
    public LabelledSignal[] Take(int count)
    {
        LabelledSignal[] signals = new LabelledSignal[count];
        for (int index = 0; index < count; index++)
        {
            signals[index] = Next((BearingCondition)(index % ConditionCount));
        }

        return signals;
    }

    /// <summary>The next signal of a bearing in this condition.</summary>
    public LabelledSignal Next(BearingCondition condition)
    {
        float[] samples = new float[WindowSamples];
        double shaftHz = Between(25, 35);
        double turn = Between(0, 1);
        AddShaft(samples, shaftHz);
        AddNoise(samples, Between(ranges.NoiseMin, ranges.NoiseMax));
        if (condition != BearingCondition.Normal)
        {
            AddStrikes(samples, condition, shaftHz, turn);
        }

        return new LabelledSignal(samples, condition);
    }

    private void AddShaft(float[] samples, double shaftHz)
    {
        for (int harmonic = 1; harmonic <= 3; harmonic++)
        {
            double height = Between(0.05, 0.25) / harmonic;
            double phase = Between(0, 2 * Math.PI);
            for (int index = 0; index < samples.Length; index++)
            {
                double t = (double)index / SampleRateHz;
                samples[index] += (float)(height * Math.Sin((2 * Math.PI * harmonic * shaftHz * t) + phase));
            }
        }
    }

    private void AddNoise(float[] samples, double deviation)
    {
        for (int index = 0; index < samples.Length; index++)
        {
            samples[index] += (float)(deviation * Gauss());
        }
    }

    private void AddStrikes(float[] samples, BearingCondition condition, double shaftHz, double turn)
    {
        double order = condition switch
        {
            BearingCondition.InnerRace => BearingGeometry.InnerRaceOrder,
            BearingCondition.OuterRace => BearingGeometry.OuterRaceOrder,
            BearingCondition.Ball => 2 * BearingGeometry.BallSpinOrder,
            BearingCondition.Normal => throw Check.Unreachable(condition),
        };
        double period = 1 / (order * shaftHz);
        double peak = Between(ranges.FaultMin, ranges.FaultMax);
        double resonanceHz = Between(3_000, 4_000);
        double decay = Between(800, 1_200);
        bool onOuterRace = false;

        // Starts before the window, so that a strike from before may still ring in it.
        for (double at = -period * Between(0, 1); at < WindowSeconds; at += period * (1 + (SlipDeviation * Gauss())))
        {
            double strength = peak * Load(condition, (at * shaftHz) + turn, onOuterRace);
            Ring(samples, at, strength * Between(0.85, 1.15), resonanceHz, decay);
            onOuterRace = !onOuterRace;
        }
    }

    /// <summary>How strong a strike is, 0..1, after so many turns of the shaft.</summary>
    private static double Load(BearingCondition condition, double turns, bool onOuterRace) => condition switch
    {
        BearingCondition.OuterRace => 1,
        BearingCondition.InnerRace => 0.5 + (0.5 * Math.Cos(2 * Math.PI * turns)),
        BearingCondition.Ball =>
            (onOuterRace ? 1.0 : 0.55) * (0.6 + (0.4 * Math.Cos(2 * Math.PI * BearingGeometry.CageOrder * turns))),
        BearingCondition.Normal => 0,
    };

    private static void Ring(float[] samples, double at, double height, double resonanceHz, double decay)
    {
        int first = Math.Max(0, (int)Math.Ceiling(at * SampleRateHz));
        for (int index = first; index < samples.Length; index++)
        {
            double since = ((double)index / SampleRateHz) - at;
            double envelope = Math.Exp(-decay * since);
            if (envelope < 1e-4)
            {
                return;
            }

            samples[index] += (float)(height * envelope * Math.Sin(2 * Math.PI * resonanceHz * since));
        }
    }

    private double Between(double low, double high) => low + ((high - low) * _rng.Fraction());

    /// <summary>A normal deviate (Box and Muller 1958).</summary>
    private double Gauss() =>
        Math.Sqrt(-2 * Math.Log(1 - _rng.Fraction())) * Math.Cos(2 * Math.PI * _rng.Fraction());
}
