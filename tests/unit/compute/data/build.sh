#!/bin/sh
# Makes the cubins of this folder from the sources beside them. nvcc 13.0 made what is committed;
# *.abi7.cubin came from the ptxas of CUDA 12.4, named by the first argument.
set -e
cd "$(dirname "$0")"

for sm in 80 90 120; do
    nvcc -cubin -arch=sm_$sm features.cu -o features.sm_$sm.cubin
done
nvcc -cubin -arch=sm_90 needs.cu -o needs.sm_90.cubin

for sm in 80 90; do
    for part in linked_kernels linked_functions; do
        nvcc -rdc=true -cubin -arch=sm_$sm $part.cu -o $part.o
    done
    nvlink -arch=sm_$sm linked_kernels.o linked_functions.o -o linked.sm_$sm.cubin
done
cp linked_functions.o unlinked.sm_90.cubin
rm -f linked_kernels.o linked_functions.o

targets="-gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 -gencode arch=compute_90a,code=sm_90a"
targets="$targets -gencode arch=compute_90,code=compute_90"
nvcc -fatbin --compress-mode=speed $targets tiny.cu -o tiny.lz4.fatbin
nvcc -fatbin --compress-mode=size $targets tiny.cu -o tiny.zstd.fatbin
nvcc -ptx -arch=compute_80 tiny.cu -o tiny.ptx

if [ -n "$1" ]; then
    nvcc -ptx -DBEFORE_CUDA_13 -arch=compute_90 features.cu -o features.tmp
    sed -i 's/^\.version.*/.version 8.4/' features.tmp
    "$1" -arch=sm_90 features.tmp -o features.sm_90.abi7.cubin
    rm -f features.tmp
fi
