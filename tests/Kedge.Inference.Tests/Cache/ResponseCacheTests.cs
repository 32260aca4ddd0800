using Kedge.Core;
using Kedge.Inference.Batching;
using Kedge.Inference.Cache;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Cache;

public sealed class ResponseCacheTests
{
    [Fact]
    public void The_key_depends_on_everything_that_the_answer_depends_on_and_on_nothing_else()
    {
        InferenceCall same = Numbers([1, 4], [1, 2, 3, 4], [0, 1]);
        ResponseKey key = Key(same);
        Assert.Equal(key, Key(Numbers([1, 4], [1, 2, 3, 4], [1, 0])));
        InferenceCall[] others =
        [
            Numbers([1, 4], [1, 2, 3, 5], [0, 1]),
            Numbers([4, 1], [1, 2, 3, 4], [0, 1]),
            Numbers([4], [1, 2, 3, 4], [0, 1]),
            Numbers([1, 4], [1, 2, 3, 4], [0]),
            Numbers([1, 4], [1, 2, 3, 4], [1]),
            Texts(["ab", "c"]),
            Texts(["a", "bc"]),
            Texts(["abc"]),
            Texts(["", "abc"]),
        ];
        Assert.Equal(others.Length + 1, others.Select(c => Key(c)).Append(key).Distinct().Count());
        Assert.NotEqual(key, Key(same, "another"));
    }

    [Fact]
    public void What_comes_out_is_what_was_put_in_though_the_call_went_on()
    {
        InferenceCall call = Numbers([1, 2], [1, 2], [0, 1]);
        call.Outputs[0].CopyFrom(Tensor.Of<float>("y", TensorType.Float32, [2], [5, 6]));
        call.Outputs[1].CopyFrom(Tensor.OfText("t", [2], ["one", "two"]));
        ResponseCache cache = new(1 << 20);
        cache.Add(Key(call), CachedResponse.Of(call));
        call.Outputs[0].Values<float>()[0] = 99;
        InferenceCall again = Numbers([1, 2], [1, 2], [0, 1]);
        Assert.True(cache.TryFind(Key(again), out CachedResponse? response));
        response.CopyTo(again);
        Assert.Equal([5, 6], again.Outputs[0].Values<float>().ToArray());
        Assert.Equal("two"u8.ToArray(), again.Outputs[1].Text(1).ToArray());
        Assert.False(cache.TryFind(Key(Numbers([1, 2], [1, 3], [0, 1])), out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bytes_stay_within_the_bound_and_the_longest_unused_goes_first(ulong seed)
    {
        const long Bound = 20_000;
        Rng rng = new(seed);
        ResponseCache cache = new(Bound);
        List<(ResponseKey Key, long Bytes)> model = [];
        for (int i = 0; i < 3000; i++)
        {
            InferenceCall call = Numbers([1, 1], [rng.Below(60)], [0]);
            ResponseKey key = Key(call);
            int at = model.FindIndex(m => m.Key == key);
            Assert.Equal(at >= 0, cache.TryFind(key, out CachedResponse? found));
            if (at >= 0)
            {
                model.Add((key, found!.ByteCount));
                model.RemoveAt(at);
                continue;
            }

            int size = rng.Below(1500);
            call.Outputs[0].CopyFrom(Tensor.Of("y", TensorType.Float32, [size], new float[size]));
            CachedResponse response = CachedResponse.Of(call);
            Assert.True(response.ByteCount >= CachedResponse.BytesOf(call));
            cache.Add(key, response);
            if (response.ByteCount > Bound / BatchLimits.CacheEntriesMin)
            {
                Assert.False(cache.TryFind(key, out _));
                continue;
            }

            model.Add((key, response.ByteCount));
            while (model.Sum(static m => m.Bytes) > Bound)
            {
                model.RemoveAt(0);
            }

            Assert.Equal((model.Count, model.Sum(static m => m.Bytes)), (cache.Count, cache.ByteCount));
            Assert.InRange(cache.ByteCount, 0, Bound);
        }
    }

    [Fact]
    public void A_cache_without_room_keeps_nothing()
    {
        InferenceCall call = Numbers([1, 1], [1], [0]);
        call.Outputs[0].CopyFrom(Tensor.Of<float>("y", TensorType.Float32, [1], [1]));
        ResponseCache cache = new(0);
        cache.Add(Key(call), CachedResponse.Of(call));
        Assert.Equal(0, cache.Count);
    }

    private static ResponseKey Key(InferenceCall call, string model = "model")
    {
        KeyedHash hash = new(new byte[KeyedHash.KeyBytes]);
        return ResponseKey.Of(hash, System.Text.Encoding.UTF8.GetBytes(model), call);
    }

    private static InferenceCall Numbers(long[] shape, float[] values, int[] wanted)
    {
        InferenceCall call = new(new ModelSignature(
            [new("x", TensorType.Float32, [], HasShape: false)],
            [new("y", TensorType.Float32, [-1]), new("t", TensorType.Bytes, [-1])]));
        call.Inputs[0].CopyFrom(Tensor.Of<float>("x", TensorType.Float32, shape, values));
        Assert.All(wanted, o => Assert.True(call.TryWant(o, binary: false)));
        return call;
    }

    private static InferenceCall Texts(string[] texts)
    {
        InferenceCall call = new(TinyModels.IdentitySignature(TensorType.Bytes));
        call.Inputs[0].CopyFrom(Tensor.OfText("x", [texts.Length], texts));
        call.WantAll(binary: false);
        return call;
    }
}
