namespace Kedge.Examples.Bearing;

/// <summary>Numbers that are learned, with what Adam remembers of each (D. P. Kingma and J. Ba, "Adam: A Method for
/// Stochastic Optimization", ICLR 2015, algorithm 1).</summary>
internal sealed class AdamParameters(int count)
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private const float Epsilon = 1e-8f;

    private readonly float[] _first = new float[count];
    private readonly float[] _second = new float[count];

    /// <summary>The numbers.</summary>
    public float[] Values { get; } = new float[count];

    /// <summary>The gradient that the samples of this step have added up to.</summary>
    public float[] Gradient { get; } = new float[count];

    /// <summary>Moves the numbers against the gradient and clears it.</summary>
    /// <param name="rate">The step size.</param>
    /// <param name="samples">Samples that the gradient is the sum of.</param>
    /// <param name="step">The number of this step, from 1.</param>
    public void Update(float rate, int samples, int step)
    {
        float scale = rate * MathF.Sqrt(1 - MathF.Pow(Beta2, step)) / (1 - MathF.Pow(Beta1, step));
        for (int index = 0; index < Values.Length; index++)
        {
            float gradient = Gradient[index] / samples;
            _first[index] += (1 - Beta1) * (gradient - _first[index]);
            _second[index] += (1 - Beta2) * ((gradient * gradient) - _second[index]);
            Values[index] -= scale * _first[index] / (MathF.Sqrt(_second[index]) + Epsilon);
            Gradient[index] = 0;
        }
    }
}
