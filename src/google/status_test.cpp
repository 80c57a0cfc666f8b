#include "google/status.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

namespace tipoff::gcloud {
namespace {

Errc Of(grpc::StatusCode code, Effect effect) {
  return ToError(grpc::Status(code, "why"), effect, "Firestore commit").code;
}

TEST(Status, F25_AWriteWhoseAnswerIsLostHasAnUnknownOutcome) {
  for (auto code : {grpc::DEADLINE_EXCEEDED, grpc::UNAVAILABLE, grpc::CANCELLED, grpc::INTERNAL,
                    grpc::UNKNOWN}) {
    EXPECT_EQ(Of(code, Effect::kWrite), Errc::kUnknownOutcome) << code;
    EXPECT_EQ(Of(code, Effect::kRepeatableWrite), Errc::kUnknownOutcome) << code;
    EXPECT_EQ(Of(code, Effect::kRead), Errc::kUnavailable) << code;
    EXPECT_FALSE(MayRetry(grpc::Status(code, ""), Effect::kWrite)) << "never blindly " << code;
  }
}

TEST(Status, WhatWasTurnedAwayUnappliedIsTriedAgain) {
  for (auto code : {grpc::ABORTED, grpc::RESOURCE_EXHAUSTED}) {
    EXPECT_TRUE(MayRetry(grpc::Status(code, ""), Effect::kWrite)) << code;
    EXPECT_EQ(Of(code, Effect::kWrite), Errc::kUnavailable) << code;
  }
  EXPECT_TRUE(MayRetry(grpc::Status(grpc::UNAVAILABLE, ""), Effect::kRead));
  EXPECT_TRUE(MayRetry(grpc::Status(grpc::UNAVAILABLE, ""), Effect::kRepeatableWrite));
}

TEST(Status, AnswersThatStandAreNotTriedAgain) {
  for (auto effect : {Effect::kRead, Effect::kRepeatableWrite, Effect::kWrite}) {
    for (auto code :
         {grpc::INVALID_ARGUMENT, grpc::NOT_FOUND, grpc::ALREADY_EXISTS, grpc::FAILED_PRECONDITION,
          grpc::PERMISSION_DENIED, grpc::UNAUTHENTICATED, grpc::UNIMPLEMENTED, grpc::DATA_LOSS}) {
      EXPECT_FALSE(MayRetry(grpc::Status(code, ""), effect)) << code;
    }
  }
}

TEST(Status, EachAnswerHasItsError) {
  EXPECT_EQ(Of(grpc::INVALID_ARGUMENT, Effect::kWrite), Errc::kInvalid);
  EXPECT_EQ(Of(grpc::NOT_FOUND, Effect::kWrite), Errc::kNotFound);
  EXPECT_EQ(Of(grpc::ALREADY_EXISTS, Effect::kWrite), Errc::kExists);
  EXPECT_EQ(Of(grpc::FAILED_PRECONDITION, Effect::kWrite), Errc::kConflict);
  EXPECT_EQ(Of(grpc::FAILED_PRECONDITION, Effect::kRead), Errc::kUnavailable) << "no index yet";
  EXPECT_EQ(Of(grpc::PERMISSION_DENIED, Effect::kWrite), Errc::kDenied);
  EXPECT_EQ(Of(grpc::UNAUTHENTICATED, Effect::kRead), Errc::kDenied);
  EXPECT_EQ(Of(grpc::UNIMPLEMENTED, Effect::kRead), Errc::kUnsupported);
  EXPECT_EQ(Of(grpc::DATA_LOSS, Effect::kRead), Errc::kCorrupt);
  EXPECT_EQ(ToError(grpc::Status(grpc::UNAVAILABLE, "refused"), Effect::kRead, "Pub/Sub pull"),
            (Error{Errc::kUnavailable, "Pub/Sub pull: not reachable: refused"}));
}

}  // namespace
}  // namespace tipoff::gcloud
