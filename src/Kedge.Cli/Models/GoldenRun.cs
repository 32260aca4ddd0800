using Kedge.Core.Errors;
using Kedge.Inference.Golden;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Cli.Models;

/// <summary>Golden samples, run one after the other on the bare runtime.</summary>
/// <param name="Verdict">How many agreed.</param>
/// <param name="LargestDifference">The largest difference of a 32-bit value; 0 where there is none.</param>
internal sealed record GoldenRun(GoldenVerdict Verdict, double LargestDifference)
{
    /// <summary>Runs all of them.</summary>
    public static GoldenRun Of(IInferenceSession session, GoldenSamples samples)
    {
        GoldenJudge judge = new(samples);
        InferenceCall call = new(session.Signature);
        double largest = 0;
        for (int index = 0; index < samples.Samples.Length; index++)
        {
            call.Clear();
            byte[] body = samples.RequestBody(index);
            Finding? fault = InferenceRequestReader.Read(body, body.Length, call) ?? session.Run(call);
            if (fault is not null)
            {
                judge.Disagree(fault.Message.TrimEnd('.'));
                continue;
            }

            List<Tensor> outputs = [];
            foreach (int wanted in call.Wanted)
            {
                outputs.Add(call.Outputs[wanted]);
            }

            largest = Math.Max(largest, Largest(samples.Samples[index], outputs));
            judge.Outputs(outputs);
        }

        return new GoldenRun(judge.Verdict, largest);
    }

    private static double Largest(GoldenSample sample, List<Tensor> outputs)
    {
        double largest = 0;
        foreach (Tensor expected in sample.Outputs.Where(static tensor => tensor.Type == TensorType.Float32))
        {
            Tensor? actual = outputs.Find(output => output.Name == expected.Name);
            if (actual?.Type == TensorType.Float32 && actual.ElementCount == expected.ElementCount)
            {
                for (int index = 0; index < expected.ElementCount; index++)
                {
                    double apart = Math.Abs(expected.Values<float>()[index] - (double)actual.Values<float>()[index]);
                    largest = apart > largest ? apart : largest;
                }
            }
        }

        return largest;
    }
}
